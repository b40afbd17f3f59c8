namespace ChainWatch.Cardano;

/// <summary>
/// Points that sources of this process have met, at every so many blocks. The protocol has no blocks by height: to begin at one, a point before it must be known. They are hints: a server is offered them, and says which it has.
/// </summary>
internal sealed class SeenPoints
{
    private const int Step = 64;
    private const int Most = 65_536;
    private const int Offered = 8;

    private readonly Lock _lock = new();
    private readonly SortedList<long, ChainPoint> _points = [];

    /// <summary>Takes a point in.</summary>
    /// <param name="point">The point.</param>
    /// <param name="always">Whether it is kept whatever its height.</param>
    public void Add(in ChainPoint point, bool always = false)
    {
        if (!always && point.Height % Step != 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_points.Count == Most && !_points.ContainsKey(point.Height))
            {
                // Every second one is enough, and half of the work is worth saving.
                for (int index = _points.Count - 1; index >= 0; index -= 2)
                {
                    _points.RemoveAt(index);
                }
            }

            _points[point.Height] = point;
        }
    }

    /// <summary>The nearest points below a height, nearest first.</summary>
    public IReadOnlyList<ChainPoint> Below(long height)
    {
        lock (_lock)
        {
            int low = 0;
            int high = _points.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_points.GetKeyAtIndex(middle) < height)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            List<ChainPoint> below = [];
            for (int index = low - 1; index >= 0 && below.Count < Offered; index--)
            {
                below.Add(_points.GetValueAtIndex(index));
            }

            return below;
        }
    }
}
