namespace ChainWatch.Testing;

/// <summary>
/// Reads a <see cref="SimulatedChain"/> through endpoints that lag, fail and lie by omission as real ones do, decided by a seed. It passes on what an endpoint got wrong
/// (torn, reordered, duplicated and foreign blocks included), so it tests what stands behind it harder than a reader that checks its answers.
/// </summary>
public sealed class SimulatedBlockReader : IBlockReader
{
    private const int BlockSize = 500;

    /// <summary>What stands for an endpoint where none may serve: it answers nothing.</summary>
    private static readonly SimulatedEndpoint None = new("none") { IsDown = true };

    private readonly SimulatedChain _chain;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly SeededRandom _random;
    private readonly long[] _fired = new long[Enum.GetValues<SimulatedFault>().Length];
    private long _calls;
    private int _outstanding;
    private int _flapCallsLeft;
    private int _flapBy;

    /// <summary>Creates a reader.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="options">How its endpoints behave; kept, so that later changes count.</param>
    /// <param name="timeProvider">The clock that slow and silent answers wait on.</param>
    public SimulatedBlockReader(SimulatedChain chain, SimulatedReaderOptions options, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (options.Endpoints.Count == 0)
        {
            throw new ArgumentException("A reader needs at least one endpoint.", nameof(options));
        }

        _chain = chain;
        Options = options;
        _time = timeProvider;
        _random = new SeededRandom(options.Seed);
    }

    /// <summary>How the endpoints behave. May be changed while the reader is in use.</summary>
    public SimulatedReaderOptions Options { get; }

    /// <summary>How many calls were made.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>How many blocks were handed out and not disposed yet.</summary>
    public int OutstandingBlocks => Volatile.Read(ref _outstanding);

    /// <summary>How often a fault occurred and made a difference.</summary>
    public long Fired(SimulatedFault fault) => Interlocked.Read(ref _fired[(int)fault]);

    /// <inheritdoc/>
    public async ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken)
    {
        Call call = Begin();
        Answer<ChainTip> early = call.IsStale ? AnswerTip(call) : default;
        return await RefusesAsync(call, cancellationToken) is { } reason ? Answer<ChainTip>.Unknown(reason)
            : call.IsStale ? early
            : AnswerTip(call);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken)
    {
        Call call = Begin();
        return await RefusesAsync(call, cancellationToken) is { } reason ? Answer<BlockHeader>.Unknown(reason) : AnswerHeader(call, hash);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken)
    {
        Call call = Begin();
        return await RefusesAsync(call, cancellationToken) is { } reason ? Answer<Block>.Unknown(reason) : AnswerBlock(call, hash, watched);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Call call = Begin();
        View early = call.IsStale ? See(call) : default;
        return await RefusesAsync(call, cancellationToken) is { } reason
            ? Answer<IReadOnlyList<Block>>.Unknown(reason)
            : AnswerBlocks(call, call.IsStale ? early : See(call), fromHeight, count, watched);
    }

    /// <inheritdoc/>
    public async ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken)
    {
        if (!Options.Announces)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        await _chain.WaitForChangeAsync(_chain.Version, cancellationToken);
        return _chain.Head.Point;
    }

    private Call Begin()
    {
        Interlocked.Increment(ref _calls);
        lock (_lock)
        {
            IReadOnlyList<SimulatedEndpoint> endpoints = EndpointChoice.IsFree ? Options.Endpoints : [.. Options.Endpoints.Where(static one => EndpointChoice.Allows(one.Name))];
            return new Call(endpoints.Count == 0 ? None : _random.Pick(endpoints), IsStale: Hits(SimulatedFault.Slow, count: false));
        }
    }

    /// <summary>Whether a fault occurs now.</summary>
    private bool Hits(SimulatedFault fault, bool count = true)
    {
        lock (_lock)
        {
            if (!Options.FaultsEnabled || Options[fault] <= 0 || !_random.Chance(Options[fault]))
            {
                return false;
            }

            if (count)
            {
                Fire(fault);
            }

            return true;
        }
    }

    private void Fire(SimulatedFault fault) => Interlocked.Increment(ref _fired[(int)fault]);

    private int Draw(int limit)
    {
        lock (_lock)
        {
            return _random.Next(limit);
        }
    }

    private async ValueTask<string?> RefusesAsync(Call call, CancellationToken cancellationToken)
    {
        if (call.Endpoint.IsDown || Hits(SimulatedFault.Silent))
        {
            await Task.Delay(Options.Timeout, _time, cancellationToken);
            return $"endpoint '{call.Endpoint}' did not answer within {Options.Timeout}";
        }

        if (call.IsStale)
        {
            Fire(SimulatedFault.Slow);
            await Task.Delay(TimeSpan.FromTicks(1 + (Options.SlowUpTo.Ticks * Draw(1000) / 1000)), _time, cancellationToken);
        }
        else if (Options.Latency > TimeSpan.Zero)
        {
            await Task.Delay(Options.Latency, _time, cancellationToken);
        }
        else
        {
            // An answer is never there in the same continuation: whoever asks must stand an await.
            await Task.Yield();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (Hits(SimulatedFault.TooManyRequests))
        {
            return $"endpoint '{call.Endpoint}' refused: too many requests (429)";
        }

        return Hits(SimulatedFault.Null) ? $"endpoint '{call.Endpoint}' answered null" : null;
    }

    private View See(Call call)
    {
        MinedBlock head = call.Endpoint.StuckOn is { } stuck && (_chain.Finalized is not { } final || stuck.DescendsFrom(final)) ? stuck : _chain.Head;
        int lag = call.Endpoint.Lag;
        if (Hits(SimulatedFault.StaleBranch, count: false) && Orphan(static block => block.WasCanonical) is { } stale)
        {
            Fire(SimulatedFault.StaleBranch);
            head = stale;
        }

        if (head.Height > 0 && Hits(SimulatedFault.Lag))
        {
            lag += 1 + Draw(Options.LagUpTo);
        }

        lock (_lock)
        {
            if (_flapCallsLeft == 0 && head.Height > 0 && Hits(SimulatedFault.FlappingHead))
            {
                _flapCallsLeft = 6;
                _flapBy = 1 + _random.Next(Options.LagUpTo);
            }

            if (_flapCallsLeft > 0 && --_flapCallsLeft % 2 == 0)
            {
                lag += _flapBy;
            }
        }

        head = head.AncestorAt(Math.Max(0, head.Height - lag)) ?? head;
        return new View(head);
    }

    /// <summary>A block of a branch that is not canonical, and that an honest node could still be on.</summary>
    private MinedBlock? Orphan(Func<MinedBlock, bool> which)
    {
        MinedBlock head = _chain.Head;
        MinedBlock? final = _chain.Finalized;
        List<MinedBlock> candidates = [];
        foreach (MinedBlock orphan in _chain.Orphans().Where(which))
        {
            MinedBlock fork = orphan;
            while (!_chain.IsCanonical(fork))
            {
                fork = fork.Parent!;
            }

            if (head.Height - fork.Height <= Options.StaleBranchUpTo && (final is null || fork.Height >= final.Height))
            {
                candidates.Add(orphan);
            }
        }

        return candidates.Count == 0 ? null : candidates[Draw(candidates.Count)];
    }

    private Answer<ChainTip> AnswerTip(Call call)
    {
        View view = See(call);
        if (Hits(SimulatedFault.NotYet))
        {
            return Answer<ChainTip>.NotYet($"endpoint '{call.Endpoint}' has no head yet");
        }

        MinedBlock? safe = null;
        MinedBlock? final = null;
        if (Options.HasMarks && !Hits(SimulatedFault.NoMarks))
        {
            final = AtOrBelow(view.Head, _chain.Finalized);
            safe = AtOrBelow(view.Head, _chain.Safe);
            if (Hits(SimulatedFault.StrayMarks, count: false))
            {
                StrayMarks(view, ref safe, ref final);
            }
        }

        return Answer<ChainTip>.Found(new ChainTip { Head = view.Head.Point, Safe = safe?.Point, Finalized = final?.Point });
    }

    private void StrayMarks(View view, ref MinedBlock? safe, ref MinedBlock? final)
    {
        if (final is not null && _chain.Finalized is { } truth && truth.Height > view.Head.Height)
        {
            Fire(SimulatedFault.StrayMarks);
            final = truth;
            safe = _chain.Safe;
        }
        else if (Orphan(static block => !block.WasCanonical) is { } elsewhere)
        {
            // Never a block that was canonical once: whoever still stands on it would be told that it is final, against which nothing could be done.
            Fire(SimulatedFault.StrayMarks);
            final = elsewhere;
            safe = elsewhere;
        }
    }

    private Answer<BlockHeader> AnswerHeader(Call call, Hash256 hash)
    {
        View view = See(call);
        MinedBlock? block = _chain.Find(hash);
        if (block is null || block.Height > view.Head.Height)
        {
            return Answer<BlockHeader>.Unknown($"endpoint '{call.Endpoint}' does not know this block");
        }

        if (Hits(SimulatedFault.UnknownHeader))
        {
            return Answer<BlockHeader>.Unknown($"endpoint '{call.Endpoint}' does not know this header");
        }

        if (Hits(SimulatedFault.NotYet))
        {
            return Answer<BlockHeader>.NotYet($"endpoint '{call.Endpoint}' says it is past its head");
        }

        if (block.Parent is not null && Hits(SimulatedFault.WrongBlock))
        {
            block = block.Parent;
        }

        return Answer<BlockHeader>.Found(block.Header);
    }

    private Answer<Block> AnswerBlock(Call call, Hash256 hash, AddressSet watched)
    {
        View view = See(call);
        MinedBlock? block = _chain.Find(hash);
        if (block is null || block.Height > view.Head.Height)
        {
            return Answer<Block>.Unknown($"endpoint '{call.Endpoint}' does not know this block");
        }

        if (Hits(SimulatedFault.NotYet))
        {
            return Answer<Block>.NotYet($"endpoint '{call.Endpoint}' says it is past its head");
        }

        if (block.Transactions.Count > 0 && Hits(SimulatedFault.Empty))
        {
            return Answer<Block>.Unknown($"endpoint '{call.Endpoint}' answered a block without the transactions that its header promises");
        }

        if (block.Parent is not null && Hits(SimulatedFault.WrongBlock))
        {
            block = block.Parent;
        }

        return Answer<Block>.Found(Serve(call, block, watched));
    }

    private Answer<IReadOnlyList<Block>> AnswerBlocks(Call call, View view, long fromHeight, int count, AddressSet watched)
    {
        if (fromHeight > view.Head.Height || Hits(SimulatedFault.NotYet))
        {
            return Answer<IReadOnlyList<Block>>.NotYet($"height {fromHeight} is past the head of endpoint '{call.Endpoint}'");
        }

        if (Hits(SimulatedFault.Empty))
        {
            return Draw(2) == 0
                ? Answer<IReadOnlyList<Block>>.Found([])
                : Answer<IReadOnlyList<Block>>.Unknown($"endpoint '{call.Endpoint}' answered blocks without the transactions that their headers promise");
        }

        long to = Math.Min(fromHeight + Math.Min(count, Options.MaxRange) - 1, view.Head.Height);
        if (to > fromHeight && Hits(SimulatedFault.ShortRange))
        {
            to = fromHeight + Draw((int)(to - fromHeight));
        }

        List<MinedBlock> range = [];
        for (MinedBlock? block = view.Head.AncestorAt(to); block is not null && block.Height >= fromHeight; block = block.Parent)
        {
            range.Add(block);
        }

        range.Reverse();
        Spoil(range);
        Block[] served = new Block[range.Count];
        for (int index = 0; index < served.Length; index++)
        {
            served[index] = Serve(call, range[index], watched);
        }

        return Answer<IReadOnlyList<Block>>.Found(served);
    }

    private void Spoil(List<MinedBlock> range)
    {
        if (Hits(SimulatedFault.TornRange, count: false))
        {
            MinedBlock[] others = [.. _chain.Orphans().Where(orphan => orphan.WasCanonical && orphan.Height >= range[0].Height && orphan.Height <= range[^1].Height && !range.Contains(orphan))];
            if (others.Length > 0)
            {
                Fire(SimulatedFault.TornRange);
                MinedBlock other = others[Draw(others.Length)];
                int index = (int)(other.Height - range[0].Height);
                range[index] = other;
            }
        }

        if (range.Count > 1 && Hits(SimulatedFault.Reordered))
        {
            int index = Draw(range.Count - 1);
            (range[index], range[index + 1]) = (range[index + 1], range[index]);
        }

        if (Hits(SimulatedFault.Duplicated))
        {
            int index = Draw(range.Count);
            range.Insert(index, range[index]);
        }

        if (range[0].Parent is { } parent && Hits(SimulatedFault.WrongBlock))
        {
            range[0] = parent;
        }
    }

    private SimulatedBlock Serve(Call call, MinedBlock block, AddressSet watched)
    {
        Interlocked.Increment(ref _outstanding);
        int size = Hits(SimulatedFault.HugeBlock) ? Options.HugeBlockSize : BlockSize;
        return new SimulatedBlock(block, call.Endpoint.Name, size, Options.FetchesOnlyForWatched ? watched : null, call.Endpoint.Hides, () => Interlocked.Decrement(ref _outstanding));
    }

    private static MinedBlock? AtOrBelow(MinedBlock head, MinedBlock? mark) => mark is null ? null : head.AncestorAt(Math.Min(head.Height, mark.Height));

    private readonly record struct Call(SimulatedEndpoint Endpoint, bool IsStale);

    private readonly record struct View(MinedBlock Head);
}
