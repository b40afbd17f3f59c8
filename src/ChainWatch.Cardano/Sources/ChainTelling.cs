using System.Diagnostics.CodeAnalysis;

namespace ChainWatch.Cardano;

/// <summary>
/// Turns what a server says into what is told. A server's word "backward" alone takes nothing back: it is how every reading begins, how a server answers that lags or was asked for points that lie too far apart, and it may be
/// followed by the very blocks that are told already. Only another block at a height that was told proves a reorg, and a branch that is not longer than ours has to stay for a while before it is followed.
/// </summary>
internal sealed class ChainTelling : IDisposable
{
    /// <summary>How far beyond where we stood a new branch is told at least before it is compared with the old one: a transaction may be mined again somewhat later.</summary>
    private const int ToldBeyond = 16;

    /// <summary>How many blocks of another branch are held until it is longer than ours, or stays.</summary>
    private const int MostHeld = 64;

    /// <summary>How many times more patience the silence of a server needs that is behind what was told.</summary>
    private const int InsistFactor = 4;

    private readonly SourceRequest _request;
    private readonly CardanoSourceOptions _options;
    private readonly SeenPoints _seen;
    private readonly ToldBranch _told;
    private readonly List<CardanoBlock> _held = [];
    private readonly Queue<ChainUpdate> _updates = new();
    private ChainPoint _fork;
    private ChainPoint? _tip;
    private ChainPoint? _finalized;
    private int _insisted;
    private int _violations;

    public ChainTelling(SourceRequest request, CardanoSourceOptions options, SeenPoints seen)
    {
        _request = request;
        _options = options;
        _seen = seen;
        _told = new ToldBranch(request.Known);
        _finalized = request.Finalized;
        if (!_told.IsEmpty)
        {
            seen.Add(_told.First, always: true);
        }
    }

    public ToldBranch Told => _told;

    public ChainPoint? Finalized => _finalized;

    /// <summary>Where the connection stands.</summary>
    public Place At { get; private set; }

    /// <summary>The end of the server's chain, as it said last.</summary>
    public ChainPoint? Tip => _tip;

    /// <summary>True while the blocks of another branch are as many as are held: no more are asked for.</summary>
    public bool IsFull => _held.Count >= MostHeld;

    /// <summary>True where all that was told is the server's chain, to its end.</summary>
    public bool IsAtTip => _tip is { } tip && _held.Count == 0 && At.Point.Hash == tip.Hash && (_told.IsEmpty || _told.Last.Hash == tip.Hash);

    public bool TryTake([NotNullWhen(true)] out ChainUpdate? update) => _updates.TryDequeue(out update);

    /// <summary>A new connection stands at a point that it shares with us.</summary>
    public void Intersected(CardanoPoint point, ChainPoint? tip)
    {
        Forget();
        SawTip(tip);
        At = point.IsOrigin ? Place.Origin : _told.TryFind(point.Hash, out ChainPoint told) ? Place.At(told) : tip is { } end && end.Hash == point.Hash ? Place.At(end) : Place.At(point);
    }

    public void SawTip(ChainPoint? tip) => _tip = tip;

    /// <summary>The server goes back.</summary>
    /// <returns>False where the point is none that is known: both sides have to find a shared one anew.</returns>
    public bool Backward(CardanoPoint point)
    {
        _insisted = 0;
        int held = point.IsOrigin ? -1 : _held.FindIndex(block => block.Header.Point.Hash == point.Hash);
        ForgetHeld(held + 1);
        if (held >= 0)
        {
            At = Place.At(_held[held].Header.Point);
        }
        else if (!point.IsOrigin && point == At.Point)
        {
            // As every reading begins.
            At = At with { Link = point.Hash };
        }
        else if (!point.IsOrigin && _told.TryFind(point.Hash, out ChainPoint told))
        {
            At = Place.At(told);
        }
        else if (point.IsOrigin || _told.IsEmpty || point.Slot < _told.First.Slot)
        {
            At = Place.At(point);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>The server goes on.</summary>
    /// <param name="data">What links the block.</param>
    /// <param name="create">Makes the block, with the hash of the one before it. It is not called where the block is not needed.</param>
    /// <returns>What is wrong with the block, as the name of a check and the reason; <see langword="null"/> for nothing.</returns>
    /// <exception cref="FinalityViolationException">The chain replaced final blocks.</exception>
    public (string Check, string Reason)? Forward(BlockData data, Func<Hash256, CardanoBlock> create)
    {
        _insisted = 0;
        if (At.Link is { } link && data.Ancestor != link)
        {
            return ("ancestor", $"block {data.Point} follows {data.Ancestor}, not {At.Point}");
        }

        if (data.IsBoundary)
        {
            At = At with { Link = data.Hash };
            return null;
        }

        long below = At.Height ?? data.Height - 1;
        if (data.Height != below + 1)
        {
            return ("height", $"block {data.Point} follows one at height {below}");
        }

        ChainPoint before = At.ToChainPoint(below);
        ChainPoint point = data.Point;
        Hash256 parent = At.Point.IsOrigin && At.Link is null ? data.Ancestor : before.Hash;
        At = Place.At(point);
        if (_told.IsEmpty ? point.Height < _request.StartHeight : point.Height < _told.First.Height)
        {
            // On the way to where reading begins, or to what is held.
            _seen.Add(point);
            return null;
        }

        if (_held.Count == 0 && _told.TryGet(point.Height, out ChainPoint known) && known.Hash == point.Hash)
        {
            return null;
        }

        if (_held.Count == 0 && (_told.IsEmpty || _told.Last.Hash == before.Hash))
        {
            if (_told.IsEmpty && !before.Hash.IsZero)
            {
                // Should the first block that is told be replaced, this is the only point below it that is known.
                _seen.Add(before, always: true);
            }

            Tell(create(parent));
            return null;
        }

        return Hold(before, parent, create);
    }

    /// <summary>
    /// Nothing new came for a while, and the server says that this is its end. When that stays so, a branch that is not longer is followed all the same, and whoever listens is told where the server lags.
    /// </summary>
    public void Insist()
    {
        if (IsAtTip)
        {
            TellIdle();
        }
        else if (++_insisted >= _options.Patience && _held.Count > 0)
        {
            Follow();
        }
        else if (_insisted >= _options.Patience * InsistFactor)
        {
            TellIdle();
        }
    }

    public void TellIdle()
    {
        if (_tip is { } tip)
        {
            _updates.Enqueue(new Idle(new ChainTip { Head = tip, Safe = _finalized, Finalized = _finalized }));
        }
    }

    /// <summary>No server knows any point that is held any more, though its chain is longer.</summary>
    /// <exception cref="FinalityViolationException">It was said so often enough, and there were final ones among them.</exception>
    public string SuspectViolation(string chain, string what)
    {
        if (++_violations >= _options.Patience && _finalized is not null)
        {
            throw new FinalityViolationException(
                $"Chain '{chain}' replaced a final block: {what}. Nothing more is written. Compare with other nodes of this chain; if the endpoint was at fault, correct it and start again.");
        }

        return what;
    }

    /// <summary>Forgets what the connection had begun: another one begins anew.</summary>
    public void Forget()
    {
        _insisted = 0;
        ForgetHeld(0);
    }

    public void Dispose()
    {
        Forget();
        while (_updates.TryDequeue(out ChainUpdate? update))
        {
            (update as RollForward)?.Block.Dispose();
        }
    }

    private (string Check, string Reason)? Hold(in ChainPoint before, Hash256 parent, Func<Hash256, CardanoBlock> create)
    {
        if (_held.Count == 0)
        {
            _fork = before;
            if (_finalized is { } final && before.Height < final.Height)
            {
                return ("finality", $"the chain now leads away after {before}, below the final block {final}");
            }
        }

        _held.Add(create(parent));
        if (_tip is { } tip && tip.Height > _told.Last.Height)
        {
            Follow();
        }

        return null;
    }

    /// <summary>Tells the branch that is held instead of ours.</summary>
    private void Follow()
    {
        ChainPoint before = _told.Last;
        _told.RollBack(_fork);
        long depth = before.Height - _fork.Height;
        long replacement = Math.Min(_tip?.Height ?? before.Height, before.Height + Math.Max(depth, ToldBeyond));
        _updates.Enqueue(new RollBack(_fork, Math.Max(replacement, _fork.Height), CurrentTip(_fork)));
        foreach (CardanoBlock block in _held)
        {
            Tell(block);
        }

        _held.Clear();
        _insisted = 0;
    }

    private void Tell(CardanoBlock block)
    {
        ChainPoint point = block.Header.Point;
        _told.Add(point);
        _seen.Add(point);
        _violations = 0;
        if (_told.TryGet(point.Height - _options.FinalityDepth, out ChainPoint deep) && (_finalized is null || deep.Height > _finalized.Value.Height))
        {
            _finalized = deep;
            _told.ForgetBelow(deep.Height);
        }

        _updates.Enqueue(new RollForward(block, CurrentTip(point)));
    }

    private ChainTip CurrentTip(in ChainPoint point) => new() { Head = _tip is { } tip && tip.Height >= point.Height ? tip : point, Safe = _finalized, Finalized = _finalized };

    private void ForgetHeld(int from)
    {
        for (int index = from; index < _held.Count; index++)
        {
            _held[index].Dispose();
        }

        if (from < _held.Count)
        {
            _held.RemoveRange(from, _held.Count - from);
        }
    }
}
