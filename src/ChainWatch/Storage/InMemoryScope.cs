namespace ChainWatch;

/// <summary>Cursor, canonical points and coverage of one scope in an <see cref="InMemoryWatchStore"/>.</summary>
internal sealed class InMemoryScope
{
    // All points from the first block on: a follower needs them from the final one up only, but a back-scan below it must be held to them too.
    private readonly List<ChainPoint> _known = [];
    private int _firstNeeded;
    private long _term;

    public List<CoverageRange> Coverage { get; } = [];

    public ChainMarks Marks { get; private set; } = new(-1, -1, -1);

    public ChainPoint? Finalized { get; private set; }

    public ChainPoint? Cursor => _known.Count > 0 ? _known[^1] : null;

    public ScopeState ToState() => new() { Known = [.. _known.Skip(_firstNeeded)], Finalized = Finalized, Marks = Marks, Term = _term };

    /// <summary>False when another block is canonical at that height, or none is yet.</summary>
    public bool Agrees(ChainPoint point)
    {
        if (_known.Count == 0 || point.Height > _known[^1].Height)
        {
            return false;
        }

        long index = point.Height - _known[0].Height;
        return index < 0 || _known[(int)index].Hash == point.Hash;
    }

    public void Apply(CommitBatch batch)
    {
        if (batch.RollBackTo is { } target)
        {
            RollBack(target);
        }

        foreach (BlockHeader block in batch.Blocks)
        {
            if (_known.Count > 0 && (block.Point.Height != _known[^1].Height + 1 || block.ParentHash != _known[^1].Hash))
            {
                throw new InvalidOperationException($"Block {block.Point} does not follow {_known[^1]}: the batch is not linked.");
            }

            _known.Add(block.Point);
        }

        foreach (CoverageRange range in batch.Coverage)
        {
            if (Coverage.Count > 0 && Coverage[^1] is { } last && last.ToHeight + 1 == range.FromHeight && last.Pass == range.Pass &&
                string.Equals(last.Endpoint, range.Endpoint, StringComparison.Ordinal))
            {
                Coverage[^1] = last with { ToHeight = range.ToHeight };
            }
            else
            {
                Coverage.Add(range);
            }
        }

        _term = batch.Term;
        Marks = batch.Marks;
        Finalized = batch.Finalized ?? Finalized;
        if (Finalized is { } final)
        {
            // Nothing below the newest final point can be asked for again, but the point itself is what a deep reorg is recognised by.
            _firstNeeded = (int)Math.Clamp(final.Height - _known[0].Height, 0, _known.Count - 1);
        }
    }

    private void RollBack(ChainPoint target)
    {
        int keep = _known.FindLastIndex(point => point.Height <= target.Height) + 1;
        _known.RemoveRange(keep, _known.Count - keep);
        if (_known.Count == 0)
        {
            // The chain replaced even the first block that was ever read: the point before it is where the new branch begins.
            _known.Add(target);
        }

        _firstNeeded = Math.Min(_firstNeeded, _known.Count - 1);
        while (Coverage.Count > 0 && Coverage[^1].FromHeight > target.Height)
        {
            Coverage.RemoveAt(Coverage.Count - 1);
        }

        if (Coverage.Count > 0 && Coverage[^1].ToHeight > target.Height)
        {
            Coverage[^1] = Coverage[^1] with { ToHeight = target.Height };
        }
    }
}
