using System.Diagnostics.CodeAnalysis;

namespace ChainWatch.Cardano;

/// <summary>The points of the branch that a source has told, contiguous and ascending, with the slots by which a server finds them again.</summary>
internal sealed class ToldBranch
{
    /// <summary>How many newest points are offered one by one.</summary>
    private const int Dense = 12;

    /// <summary>Forgetting moves all that is kept, so it waits until there is enough to forget.</summary>
    private const int ForgetAtOnce = 512;

    private readonly List<ChainPoint> _points = [];
    private readonly Dictionary<Hash256, long> _heights = [];

    public ToldBranch(IReadOnlyList<ChainPoint> points)
    {
        foreach (ChainPoint point in points)
        {
            if (_points.Count > 0 && point.Height != Last.Height + 1)
            {
                throw new ArgumentException($"The known points have a gap after {Last}: {point} follows.", nameof(points));
            }

            Add(point);
        }
    }

    public bool IsEmpty => _points.Count == 0;

    public ChainPoint First => _points[0];

    public ChainPoint Last => _points[^1];

    public void Add(ChainPoint point)
    {
        _points.Add(point);
        _heights[point.Hash] = point.Height;
    }

    public bool TryGet(long height, [MaybeNullWhen(false)] out ChainPoint point)
    {
        long index = IsEmpty ? -1 : height - First.Height;
        bool found = index >= 0 && index < _points.Count;
        point = found ? _points[(int)index] : default;
        return found;
    }

    public bool TryFind(Hash256 hash, [MaybeNullWhen(false)] out ChainPoint point)
    {
        point = default;
        return _heights.TryGetValue(hash, out long height) && TryGet(height, out point);
    }

    /// <summary>Forgets everything above the target, which becomes the last point, also where it lies before the first.</summary>
    public void RollBack(ChainPoint target)
    {
        int keep = (int)Math.Clamp(target.Height - First.Height + 1, 0, _points.Count);
        Remove(keep, _points.Count - keep);
        if (IsEmpty)
        {
            Add(target);
        }
    }

    /// <summary>Forgets what lies below a final point: it cannot be replaced any more.</summary>
    public void ForgetBelow(long height)
    {
        long drop = Math.Min(height - First.Height, _points.Count - 1);
        if (drop >= ForgetAtOnce)
        {
            Remove(0, (int)drop);
        }
    }

    /// <summary>The points to offer a server, best first: one by one near the end, then at growing distances, and the first at last. A reorg is mostly short, and the list must be short too.</summary>
    public IEnumerable<ChainPoint> Offer()
    {
        int distance = 1;
        int index = _points.Count - 1;
        while (index > 0)
        {
            yield return _points[index];
            if (_points.Count - index >= Dense)
            {
                distance *= 2;
            }

            index -= distance;
        }

        if (_points.Count > 0)
        {
            yield return _points[0];
        }
    }

    private void Remove(int from, int count)
    {
        foreach (ChainPoint point in _points.GetRange(from, count))
        {
            _heights.Remove(point.Hash);
        }

        _points.RemoveRange(from, count);
    }
}
