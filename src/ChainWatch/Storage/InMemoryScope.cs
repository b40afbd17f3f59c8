namespace ChainWatch;

/// <summary>Cursor, canonical points and coverage of one scope in an <see cref="InMemoryWatchStore"/>.</summary>
internal sealed class InMemoryScope
{
    // All points from the first block on: a follower needs them from the final one up only, but a back-scan below it must be held to them too.
    private readonly List<ChainPoint> _known = [];
    private readonly List<(DateTimeOffset Mined, DateTimeOffset Read)> _times = [];
    private bool _pruned;
    private int _firstNeeded;
    private long _term;

    public List<CoverageRange> Coverage { get; } = [];

    public List<CoverageRange> SecondPass { get; } = [];

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

    /// <summary>The canonical point at a height, where it was read.</summary>
    public ChainPoint? PointAt(long height) => PointsBetween(height, height) is [{ } point] ? point : null;

    /// <summary>The highest canonical point below a height.</summary>
    public ChainPoint? PointBelow(long height) => _known.Count > 0 && height > _known[0].Height ? _known[(int)Math.Min(height - _known[0].Height, _known.Count) - 1] : null;

    /// <summary>The canonical points of a range.</summary>
    public IReadOnlyList<ChainPoint> PointsBetween(long fromHeight, long toHeight)
    {
        if (_known.Count == 0)
        {
            return [];
        }

        int first = (int)Math.Clamp(fromHeight - _known[0].Height, 0, _known.Count);
        int end = (int)Math.Clamp(toHeight + 1 - _known[0].Height, first, _known.Count);
        return _known.GetRange(first, end - first);
    }

    /// <summary>How a block was read by the passes.</summary>
    public IEnumerable<BlockReading> ReadingsOf(long height)
    {
        long index = _known.Count > 0 ? height - _known[0].Height : -1;
        DateTimeOffset? read = index >= 0 && index < _times.Count ? _times[(int)index].Read : null;
        return Coverage.Concat(SecondPass).Where(range => range.FromHeight <= height && range.ToHeight >= height).Select(range => new BlockReading
        {
            Pass = range.Pass,
            Endpoint = range.Endpoint,
            NotBefore = range.Pass == 1 ? read : null,
            NotAfter = range.Pass == 1 ? read : null,
        });
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
            _times.Add((block.Timestamp == default ? batch.At : block.Timestamp, batch.At));
        }

        foreach (CoverageRange range in batch.Coverage)
        {
            Add(Coverage, range);
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

    /// <summary>What the first pass has read and the second has not, up to where another endpoint served.</summary>
    public CoverageRange? NextOfSecondPass()
    {
        // Below the first header that is kept there is nothing to hold a second reading to.
        long next = Math.Max(SecondPass.Count > 0 ? SecondPass[^1].ToHeight + 1 : long.MinValue, _pruned ? _known[0].Height : long.MinValue);
        int index = Coverage.FindIndex(range => range.ToHeight >= next);
        return index < 0 ? null : Coverage[index] with { FromHeight = Math.Max(Coverage[index].FromHeight, next) };
    }

    /// <summary>True where the piece begins where the second pass stands, ends where it may, comes from somebody else, and contradicts no stored block.</summary>
    public bool Fits(SecondPassBatch batch) =>
        NextOfSecondPass() is { } next && batch.Blocks.Count > 0 && batch.Blocks[0].Point.Height == next.FromHeight &&
        batch.Blocks[^1].Point.Height <= Math.Min(next.ToHeight, Marks.Finalized) && !string.Equals(batch.Endpoint, next.Endpoint, StringComparison.Ordinal) &&
        batch.Blocks.All(block => Agrees(block.Point));

    /// <summary>Moves the second pass on.</summary>
    public void Passed(SecondPassBatch batch) => Add(SecondPass, new CoverageRange(batch.Blocks[0].Point.Height, batch.Blocks[^1].Point.Height, batch.Endpoint, Pass: 2));

    /// <summary>Lets go of headers below the newest final point and what the request says, oldest first, and puts coverage below them together.</summary>
    public PruneResult Prune(PruneRequest request)
    {
        if (Finalized is not { } final || request.Finishes)
        {
            return new PruneResult { EventsThrough = request.AfterEvent };
        }

        long floor = Math.Min(request.BelowHeight, final.Height);
        int blocks = 0;
        int limit = request.DryRun ? int.MaxValue : request.Limit;
        while (blocks < Math.Min(limit, _firstNeeded) && _known[blocks].Height < floor && _times[blocks].Mined < request.BlocksBefore)
        {
            blocks++;
        }

        long below = Math.Min(floor, _known[blocks].Height);
        if (!request.DryRun)
        {
            _known.RemoveRange(0, blocks);
            _times.RemoveRange(0, blocks);
            _firstNeeded -= blocks;
            _pruned |= blocks > 0;
        }

        int coverage = request.CoverageBefore is null ? 0 : Merge(Coverage, below, request.DryRun) + Merge(SecondPass, below, request.DryRun);
        return new PruneResult { Blocks = blocks, Coverage = coverage, EventsThrough = request.AfterEvent, HasMore = blocks == limit };
    }

    private static int Merge(List<CoverageRange> coverage, long below, bool dryRun)
    {
        CoverageRange[] old = [.. coverage.TakeWhile(range => range.ToHeight < below)];
        IReadOnlyList<CoverageRange> merged = CoverageMerge.Merge(old);
        if (!dryRun)
        {
            coverage.RemoveRange(0, old.Length);
            coverage.InsertRange(0, merged);
        }

        return old.Length - merged.Count;
    }

    /// <summary>The last range grows while the same endpoint goes on serving.</summary>
    private static void Add(List<CoverageRange> coverage, CoverageRange range)
    {
        if (coverage.Count > 0 && coverage[^1] is { } last && last.ToHeight + 1 == range.FromHeight && last.Pass == range.Pass &&
            string.Equals(last.Endpoint, range.Endpoint, StringComparison.Ordinal))
        {
            coverage[^1] = last with { ToHeight = range.ToHeight };
        }
        else
        {
            coverage.Add(range);
        }
    }

    private static void Trim(List<CoverageRange> coverage, long height)
    {
        while (coverage.Count > 0 && coverage[^1].FromHeight > height)
        {
            coverage.RemoveAt(coverage.Count - 1);
        }

        if (coverage.Count > 0 && coverage[^1].ToHeight > height)
        {
            coverage[^1] = coverage[^1] with { ToHeight = height };
        }
    }

    private void RollBack(ChainPoint target)
    {
        int keep = _known.FindLastIndex(point => point.Height <= target.Height) + 1;
        _known.RemoveRange(keep, _known.Count - keep);
        _times.RemoveRange(keep, _times.Count - keep);
        if (_known.Count == 0)
        {
            // The chain replaced even the first block that was ever read: the point before it is where the new branch begins.
            _known.Add(target);
            _times.Add(default);
        }

        _firstNeeded = Math.Min(_firstNeeded, _known.Count - 1);
        Trim(Coverage, target.Height);
        Trim(SecondPass, target.Height);
    }
}
