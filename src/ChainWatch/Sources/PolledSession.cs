using System.Diagnostics.CodeAnalysis;

namespace ChainWatch;

/// <summary>
/// One reading of a polled chain. It stands at a point, looks at the tip, and from the two decides: read on, wait, or walk back. Only proof makes it go back: another
/// block at a height it has told, linked by parent hashes to a point that it holds.
/// </summary>
internal sealed class PolledSession : IAsyncDisposable
{
    /// <summary>How far above us a head may be for its ancestors to be asked for one by one.</summary>
    private const int MaxWalk = 128;

    /// <summary>How many times more patience what contradicts a decision needs than what led to it.</summary>
    private const int InsistFactor = 4;

    /// <summary>How far beyond where we stood a new branch is told at least before it is compared with the old one: a transaction may be mined again somewhat later.</summary>
    private const int ToldBeyond = 16;

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(30);

    private readonly Chain _chain;
    private readonly TracedBlockReader _reader;
    private readonly PolledSourceOptions _options;
    private readonly ChainStatus _status;
    private readonly TimeProvider _time;
    private readonly SourceRequest _request;
    private readonly KnownBranch _branch;
    private readonly SourceMarks _marks;
    private readonly AbandonedBlocks _abandoned = new();
    private readonly BlockPrefetch _prefetch;
    private readonly Announcements _announcements;
    private readonly Queue<ChainUpdate> _updates = new();
    private readonly Random _jitter;
    private ChainTip? _seen;

    // Whether the head was looked at after what we hold was told: only then can it prove anything against it.
    private bool _seenSince;
    private int _strangeLooks;
    private int _shortLooks;
    private long _toldUpTo = -1;
    private int _violations;
    private int _failures;
    private long _lookedAt;

    public PolledSession(Chain chain, IBlockReader reader, PolledSourceOptions options, ChainStatus status, TimeProvider time, SourceRequest request)
    {
        _chain = chain;
        _reader = new TracedBlockReader(chain, reader);
        _options = options;
        _status = status;
        _time = time;
        _request = request;
        _branch = new KnownBranch(request.Known);
        _marks = new SourceMarks(options, _branch, request.Finalized);
        _prefetch = new BlockPrefetch(_reader, options, request.Watched, time);
        _jitter = new Random(options.Seed);
        _announcements = new Announcements(_reader, options.PollInterval, status, time);
    }

    public bool TryTake([NotNullWhen(true)] out ChainUpdate? update) => _updates.TryDequeue(out update);

    /// <summary>Does the next thing there is to do. It may yield any number of updates, also none.</summary>
    public Task StepAsync(CancellationToken cancellationToken) => _prefetch.IsEmpty ? LookAsync(cancellationToken) : TakeReadAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        while (_updates.TryDequeue(out ChainUpdate? update))
        {
            (update as RollForward)?.Block.Dispose();
        }

        await _prefetch.DisposeAsync();
        await _announcements.DisposeAsync();
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (await FollowHintAsync(cancellationToken))
        {
            return;
        }

        Answer<ChainTip> answer = await _reader.ReadTipAsync(cancellationToken);
        if (!answer.IsFound)
        {
            _status.Disconnected(answer.Reason ?? "the tip could not be read");
            await BackOffAsync(cancellationToken);
            return;
        }

        ChainTip tip = answer.Value;
        _seen = tip;
        _seenSince = true;
        _lookedAt = _time.GetTimestamp();
        _status.SawHead(tip.Head);
        ChainPoint? contradicting = _marks.See(tip);
        if (_branch.Position is not { } position)
        {
            await BeginAsync(tip, cancellationToken);
            return;
        }

        if (contradicting is { } contradiction)
        {
            await SuspectViolationAsync(_marks.Finalized!.Value, contradiction, cancellationToken);
            return;
        }

        if (tip.Head == position)
        {
            // A node that is behind would end the telling of a new branch early, and what is further up in it would pass for gone. So it has to insist.
            bool done = position.Height >= _toldUpTo || ++_shortLooks >= _options.Patience * InsistFactor;
            if (done)
            {
                Settle();
                _toldUpTo = -1;
                _updates.Enqueue(new Idle(_marks.TipAt(tip.Head)));
            }

            _failures = 0;
            await WaitAsync(cancellationToken);
        }
        else if (tip.Head.Height == position.Height + 1)
        {
            await ReadHeadAsync(tip.Head, cancellationToken);
        }
        else if (tip.Head.Height > position.Height && position.Height >= _request.EndHeight)
        {
            await WaitAsync(cancellationToken);
        }
        else if (tip.Head.Height > position.Height)
        {
            _prefetch.TopUp(position.Height + 1, LastWanted(tip.Head.Height));
        }
        else if (_branch.Contains(tip.Head))
        {
            // Behind, on our own branch: a node that lags, or a chain that got shorter and shows nothing else yet. Neither proves anything.
            _strangeLooks = 0;
            if (++_shortLooks >= (position.Height >= _toldUpTo ? _options.Patience : _options.Patience * InsistFactor))
            {
                _toldUpTo = -1;
                _updates.Enqueue(new Idle(_marks.TipAt(tip.Head)));
            }

            await WaitAsync(cancellationToken);
        }
        else if (tip.Head.Height < _branch.First.Height)
        {
            // Below everything we hold: such a node can neither prove nor extend anything. When it stays so, whoever listens may want to look for himself.
            if (++_shortLooks >= _options.Patience * InsistFactor)
            {
                _toldUpTo = -1;
                _updates.Enqueue(new Idle(_marks.TipAt(tip.Head)));
            }

            await WaitAsync(cancellationToken);
        }
        else
        {
            await DoubtAsync(tip.Head, cancellationToken);
        }
    }

    /// <summary>A push named the next block: read it at once, without asking for the tip first. What is read proves itself by its parent.</summary>
    private async Task<bool> FollowHintAsync(CancellationToken cancellationToken)
    {
        ChainPoint? hint = _announcements.Take();
        if (hint is null || _seen is null || _branch.Position is not { } position || hint.Value.Height != position.Height + 1 ||
            _time.GetElapsedTime(_lookedAt) > 4 * _options.PollInterval)
        {
            return false;
        }

        Answer<Block> answer = await _reader.ReadBlockAsync(hint.Value.Hash, _request.Watched(), cancellationToken);
        if (!answer.IsFound)
        {
            return false;
        }

        Block block = answer.Value;
        if (block.Header.Point != hint.Value || block.Header.ParentHash != position.Hash)
        {
            block.Dispose();
            return false;
        }

        _status.SawHead(hint.Value);
        return await ForwardAsync([block], cancellationToken);
    }

    private async Task BeginAsync(ChainTip tip, CancellationToken cancellationToken)
    {
        if (_request.StartHeight is not { } start)
        {
            Answer<Block> answer = await _reader.ReadBlockAsync(tip.Head.Hash, _request.Watched(), cancellationToken);
            if (answer.IsFound && answer.Value.Header.Point == tip.Head)
            {
                await ForwardAsync([answer.Value], cancellationToken);
                return;
            }

            if (!answer.IsFound)
            {
                await AfterNothingAsync(answer.Kind, answer.Reason, cancellationToken);
                return;
            }

            _status.Failed($"endpoint '{answer.Value.Endpoint}' answered another block ({answer.Value.Header.Point}) than was asked for ({tip.Head})");
            answer.Value.Dispose();
            await BackOffAsync(cancellationToken);
        }
        else if (start > tip.Head.Height)
        {
            _updates.Enqueue(new Idle(_marks.TipAt(tip.Head)));
            await WaitAsync(cancellationToken);
        }
        else
        {
            _prefetch.TopUp(start, LastWanted(tip.Head.Height));
        }
    }

    private async Task ReadHeadAsync(ChainPoint head, CancellationToken cancellationToken)
    {
        Answer<Block> answer = await _reader.ReadBlockAsync(head.Hash, _request.Watched(), cancellationToken);
        if (!answer.IsFound)
        {
            await AfterNothingAsync(answer.Kind, answer.Reason, cancellationToken);
            return;
        }

        Block block = answer.Value;
        if (block.Header.Point != head)
        {
            _status.Failed($"endpoint '{block.Endpoint}' answered another block ({block.Header.Point}) than was asked for ({head})");
            block.Dispose();
            await BackOffAsync(cancellationToken);
        }
        else if (block.Header.ParentHash == _branch.Position!.Value.Hash)
        {
            await ForwardAsync([block], cancellationToken);
        }
        else
        {
            BlockHeader header = block.Header;
            block.Dispose();
            await WalkBackAsync(header, cancellationToken);
        }
    }

    private async Task TakeReadAsync(CancellationToken cancellationToken)
    {
        Answer<IReadOnlyList<Block>> answer = await _prefetch.TakeAsync(cancellationToken);
        if (!answer.IsFound)
        {
            _prefetch.Drop();
            await AfterNothingAsync(answer.Kind, answer.Reason, cancellationToken);
            return;
        }

        IReadOnlyList<Block> blocks = answer.Value;
        BlockHeader first = blocks[0].Header;
        ChainPoint? position = _branch.Position;
        long expected = position?.Height + 1 ?? _request.StartHeight!.Value;
        int linked = first.Point.Height == expected ? 1 : 0;
        if (linked == 1 && position is not null && first.ParentHash != position.Value.Hash)
        {
            _prefetch.Drop();
            Discard(blocks, from: 0);
            _reader.Forget();
            if (_seenSince)
            {
                await DoubtRangeAsync(first, cancellationToken);
            }

            // Else this answer, and the head that it was asked for under, may be older than what it does not follow, and of a branch that was replaced in between: it proves nothing before the next look.
            return;
        }

        while (linked > 0 && linked < blocks.Count && blocks[linked].Header.ParentHash == blocks[linked - 1].Header.Point.Hash &&
            blocks[linked].Header.Point.Height == blocks[linked - 1].Header.Point.Height + 1)
        {
            linked++;
        }

        if (linked < blocks.Count)
        {
            // Torn: the chain changed between two blocks of the range, or two nodes answered. What is linked stands; the rest is asked for again.
            _prefetch.Drop();
            _reader.Forget();
            _status.Failed($"endpoint '{blocks[linked].Endpoint}' answered a range whose block at height {blocks[linked].Header.Point.Height} does not follow on");
            Discard(blocks, linked);
            if (linked == 0)
            {
                await BackOffAsync(cancellationToken);
                return;
            }
        }

        if (await ForwardAsync([.. blocks.Take(linked)], cancellationToken))
        {
            _prefetch.TopUp(_branch.Position!.Value.Height + 1, LastWanted(_seen!.Head.Height));
        }
    }

    /// <summary>Tells blocks that follow on. False when the chain contradicts a mark that it gave itself.</summary>
    private async Task<bool> ForwardAsync(Block[] blocks, CancellationToken cancellationToken)
    {
        for (int index = 0; index < blocks.Length; index++)
        {
            Block block = blocks[index];
            ChainPoint point = block.Header.Point;
            if (_marks.Contradict(point))
            {
                // Nothing that we hold as final is replaced, but this answer and the mark cannot both be right: neither is built upon.
                _status.Failed($"endpoint '{block.Endpoint}' answered block {point}, but the chain's final block at that height is {_seen!.Finalized}");
                Discard(blocks, index);
                _prefetch.Drop();
                _reader.Forget();
                await BackOffAsync(cancellationToken);
                return false;
            }

            _branch.Add(point);
            _marks.Advance();
            _updates.Enqueue(new RollForward(block, _marks.TipAt(_seen is { } seen && seen.Head.Height >= point.Height ? seen.Head : point)));
        }

        if (blocks.Length > 0)
        {
            _seenSince = false;
            _status.Told(blocks[^1].Header.Point.Height);
        }

        Settle();
        _failures = 0;
        return true;
    }

    /// <summary>The head is not on our branch, and not above it. A moment's glance proves little: the same must be seen several times in a row.</summary>
    private async Task DoubtAsync(ChainPoint head, CancellationToken cancellationToken)
    {
        _shortLooks = 0;
        // A branch that we left for a longer one comes back through nodes that are behind; it has to insist.
        int patience = _abandoned.Contains(head.Hash) ? _options.Patience * InsistFactor : _options.Patience;
        if (++_strangeLooks < patience)
        {
            await WaitAsync(cancellationToken);
            return;
        }

        Answer<BlockHeader> header = await ReadHeaderAsync(head, cancellationToken);
        if (header.IsFound)
        {
            await WalkBackAsync(header.Value, cancellationToken);
        }
    }

    /// <summary>
    /// A block read by its height does not follow ours. That alone may be a stray answer: what counts is whether the head descends from us. A head near enough is walked
    /// down from; one far above must be seen to disagree several times in a row.
    /// </summary>
    private async Task DoubtRangeAsync(BlockHeader first, CancellationToken cancellationToken)
    {
        ChainPoint head = _seen!.Head;
        if (head.Height - first.Point.Height <= MaxWalk)
        {
            Answer<BlockHeader> header = await ReadHeaderAsync(head, cancellationToken);
            if (header.IsFound)
            {
                await WalkBackAsync(header.Value, cancellationToken);
            }
        }
        else if (++_strangeLooks < _options.Patience)
        {
            await WaitAsync(cancellationToken);
        }
        else
        {
            await WalkBackAsync(first, cancellationToken);
        }
    }

    /// <summary>Walks parent hashes down from a block of another branch to the last point that both share, and goes back to it.</summary>
    private async Task WalkBackAsync(BlockHeader from, CancellationToken cancellationToken)
    {
        BlockHeader header = from;
        while (!_branch.Contains(header.Point.Height - 1, header.ParentHash))
        {
            long below = header.Point.Height - 1;
            if (_marks.Finalized is { } final && below <= final.Height)
            {
                await SuspectViolationAsync(final, new ChainPoint(below, header.ParentHash), cancellationToken);
                return;
            }

            if (below < _branch.First.Height)
            {
                // Even the first block that was ever read is replaced, and none is final: the point before it is where the new branch begins.
                GoBack(new ChainPoint(below, header.ParentHash));
                return;
            }

            Answer<BlockHeader> parent = await ReadHeaderAsync(new ChainPoint(below, header.ParentHash), cancellationToken);
            if (!parent.IsFound)
            {
                return;
            }

            header = parent.Value;
        }

        ChainPoint shared = new(header.Point.Height - 1, header.ParentHash);
        if (shared == _branch.Position)
        {
            // The other branch is our own: the answer that raised the doubt was a stray one.
            await BackOffAsync(cancellationToken);
            return;
        }

        GoBack(shared);
    }

    private void GoBack(ChainPoint target)
    {
        ChainPoint before = _branch.Position!.Value;
        _abandoned.Add(_branch.RollBack(target));
        Settle();
        _failures = 0;
        _marks.RollBack(target);

        // A transaction is usually mined again near where it stood, so the new branch is told somewhat beyond the old one before the two are compared.
        long depth = before.Height - target.Height;
        long replacement = Math.Min(_seen!.Head.Height, before.Height + Math.Max(depth, ToldBeyond));
        _toldUpTo = Math.Max(replacement, target.Height);
        _updates.Enqueue(new RollBack(target, _toldUpTo, _marks.TipAt(_seen.Head)));
    }

    /// <summary>A final block seems to be replaced. One answer may be a lie or a mix-up; the same several times in a row stops everything.</summary>
    private async Task SuspectViolationAsync(ChainPoint final, ChainPoint other, CancellationToken cancellationToken)
    {
        string what = $"{_chain.Format.FormatHash(final.Hash)} at height {final.Height} was final, but the chain now leads through " +
            $"{_chain.Format.FormatHash(other.Hash)} at height {other.Height}";
        _reader.Forget();
        if (++_violations >= _options.Patience)
        {
            throw new FinalityViolationException(
                $"Chain '{_chain.Name}' replaced a final block: {what}. Nothing more is written. Compare both blocks with other nodes of this chain; if the endpoint " +
                "was at fault, correct it and start again.");
        }

        _status.Failed(what);
        await WaitAsync(cancellationToken);
    }

    private async Task<Answer<BlockHeader>> ReadHeaderAsync(ChainPoint point, CancellationToken cancellationToken)
    {
        Answer<BlockHeader> answer = await _reader.ReadHeaderAsync(point.Hash, cancellationToken);
        if (answer.IsFound && answer.Value.Point != point)
        {
            answer = Answer<BlockHeader>.Unknown($"another header ({answer.Value.Point}) than was asked for ({point})");
        }

        if (!answer.IsFound)
        {
            await AfterNothingAsync(answer.Kind, answer.Reason, cancellationToken);
        }

        return answer;
    }

    private async Task AfterNothingAsync(AnswerKind kind, string? reason, CancellationToken cancellationToken)
    {
        if (kind == AnswerKind.NotYet)
        {
            await WaitAsync(cancellationToken);
        }
        else
        {
            _status.Failed(reason ?? "an endpoint did not know");
            await BackOffAsync(cancellationToken);
        }
    }

    private void Settle()
    {
        _strangeLooks = 0;
        _shortLooks = 0;
        _violations = 0;
    }

    private long LastWanted(long headHeight) => Math.Min(headHeight, _request.EndHeight ?? long.MaxValue);

    private Task WaitAsync(CancellationToken cancellationToken) => _announcements.WaitAsync(cancellationToken);

    private async Task BackOffAsync(CancellationToken cancellationToken)
    {
        double factor = Math.Pow(2, Math.Min(_failures++, 10)) * (0.5 + _jitter.NextDouble());
        TimeSpan wait = TimeSpan.FromTicks((long)Math.Min(MaxBackoff.Ticks, _options.PollInterval.Ticks * factor));
        await Task.Delay(wait, _time, cancellationToken);
    }

    private static void Discard(IReadOnlyList<Block> blocks, int from)
    {
        for (int index = from; index < blocks.Count; index++)
        {
            blocks[index].Dispose();
        }
    }
}
