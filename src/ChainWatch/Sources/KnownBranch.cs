using System.Diagnostics.CodeAnalysis;

namespace ChainWatch;

/// <summary>The points of the branch that a source has told, from the newest final one to where it stands: contiguous, ascending. A reorg is recognised against it.</summary>
internal sealed class KnownBranch
{
    private readonly List<ChainPoint> _points = [];

    public KnownBranch(IReadOnlyList<ChainPoint> points)
    {
        foreach (ChainPoint point in points)
        {
            if (_points.Count > 0 && point.Height != _points[^1].Height + 1)
            {
                throw new ArgumentException($"The known points have a gap after {_points[^1]}: {point} follows.", nameof(points));
            }

            _points.Add(point);
        }
    }

    /// <summary>Where the source stands; <see langword="null"/> before the first block.</summary>
    public ChainPoint? Position => _points.Count > 0 ? _points[^1] : null;

    /// <summary>The oldest point that is still held.</summary>
    public ChainPoint First => _points[0];

    public void Add(ChainPoint point) => _points.Add(point);

    public bool Contains(ChainPoint point) => Contains(point.Height, point.Hash);

    public bool Contains(long height, Hash256 hash) => TryGet(height, out ChainPoint point) && point.Hash == hash;

    public bool TryGet(long height, [MaybeNullWhen(false)] out ChainPoint point)
    {
        long index = _points.Count == 0 ? -1 : height - _points[0].Height;
        bool found = index >= 0 && index < _points.Count;
        point = found ? _points[(int)index] : default;
        return found;
    }

    /// <summary>Forgets everything above the target, which becomes where the source stands, even when it lies before the first point.</summary>
    public IReadOnlyList<ChainPoint> RollBack(ChainPoint target)
    {
        int keep = (int)Math.Clamp(target.Height - _points[0].Height + 1, 0, _points.Count);
        List<ChainPoint> abandoned = _points.GetRange(keep, _points.Count - keep);
        _points.RemoveRange(keep, abandoned.Count);
        if (_points.Count == 0)
        {
            _points.Add(target);
        }

        return abandoned;
    }

    /// <summary>Forgets what lies below a final point: it cannot be asked for again.</summary>
    public void ForgetBelow(long height)
    {
        int drop = (int)Math.Clamp(height - _points[0].Height, 0, _points.Count - 1);
        if (drop > 0)
        {
            _points.RemoveRange(0, drop);
        }
    }
}
