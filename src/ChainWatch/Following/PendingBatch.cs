namespace ChainWatch;

/// <summary>What the follower has taken from the source and not committed yet.</summary>
internal sealed class PendingBatch : IDisposable
{
    private const int OpenRoom = 8;

    private readonly List<PendingBlock> _blocks = [];
    private long _bytes;
    private int _transfers;
    private long? _openUntil;
    private bool _insists;

    public IReadOnlyList<PendingBlock> Blocks => _blocks;

    public ChainPoint? RollBackTo { get; private set; }

    public bool IsEmpty => _blocks.Count == 0 && RollBackTo is null;

    /// <summary>A rollback waits for the new branch, so that what both branches hold is moved, not retracted.</summary>
    public bool IsOpen => RollBackTo is not null && _openUntil is not null;

    public bool IsFull(FollowerOptions options)
    {
        // Cutting a rollback short would tell payments as retracted whose new block is about to come, so it gets more room than blocks that can wait for the next commit.
        int room = IsOpen ? OpenRoom : 1;
        return _blocks.Count >= (long)options.MaxBlocks * room || _bytes >= options.MaxBytes * room || _transfers >= (long)options.MaxPayments * room;
    }

    public void Add(PendingBlock block)
    {
        _blocks.Add(block);
        _bytes += block.Block.Size;
        _transfers += block.Transfers.Count;
        if (block.Block.Header.Point.Height >= _openUntil)
        {
            _openUntil = null;
        }
    }

    /// <summary>Counts the payments anew, after blocks were looked through again.</summary>
    public void Recount() => _transfers = _blocks.Sum(static block => block.Transfers.Count);

    /// <summary>Through which endpoints its blocks were read.</summary>
    public List<CoverageRange> CoverageOf(int pass)
    {
        List<CoverageRange> coverage = [];
        foreach (PendingBlock block in _blocks)
        {
            long height = block.Block.Header.Point.Height;
            if (coverage.Count > 0 && string.Equals(coverage[^1].Endpoint, block.Block.Endpoint, StringComparison.Ordinal))
            {
                coverage[^1] = coverage[^1] with { ToHeight = height };
            }
            else
            {
                coverage.Add(new CoverageRange(height, height, block.Block.Endpoint, pass));
            }
        }

        return coverage;
    }

    /// <summary>Takes a rollback in: of blocks that still wait here, or below the cursor.</summary>
    public void RollBack(ChainPoint? cursor, ChainPoint target, long replacementHeight)
    {
        ChainPoint? start = RollBackTo ?? cursor;
        int keep = start is null || target.Height >= start.Value.Height ? _blocks.Count(block => block.Block.Header.Point.Height <= target.Height) : 0;
        Drop(keep);
        if (start is not null && target.Height < start.Value.Height)
        {
            RollBackTo = target;
        }

        long? until = RollBackTo is not null && replacementHeight > target.Height ? replacementHeight : null;
        _openUntil = _insists ? Math.Max(until ?? 0, _openUntil ?? 0) : until;
    }

    /// <summary>
    /// Takes back what is committed above a point, to be told once more by the source: not because the chain replaced it, but because the store is in doubt. That the source
    /// has nothing to tell for now is no proof then, so it stays open until the height of the cursor is reached.
    /// </summary>
    public void Replace(ChainPoint cursor, ChainPoint trusted)
    {
        RollBack(cursor, trusted, cursor.Height);
        _insists = true;
    }

    /// <summary>Nothing more is to be expected for now.</summary>
    public void Close()
    {
        if (!_insists)
        {
            _openUntil = null;
        }
    }

    public void Clear()
    {
        Drop(0);
        RollBackTo = null;
        _openUntil = null;
        _insists = false;
    }

    public void Dispose() => Clear();

    private void Drop(int keep)
    {
        for (int index = keep; index < _blocks.Count; index++)
        {
            _bytes -= _blocks[index].Block.Size;
            _transfers -= _blocks[index].Transfers.Count;
            _blocks[index].Block.Dispose();
        }

        _blocks.RemoveRange(keep, _blocks.Count - keep);
    }
}
