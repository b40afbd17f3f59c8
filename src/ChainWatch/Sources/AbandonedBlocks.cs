namespace ChainWatch;

/// <summary>The blocks of branches that were left, as far as they are remembered: such a branch comes back through nodes that are behind.</summary>
internal sealed class AbandonedBlocks
{
    private const int Most = 4096;

    private readonly HashSet<Hash256> _hashes = [];
    private readonly Queue<Hash256> _order = new();

    public bool Contains(Hash256 hash) => _hashes.Contains(hash);

    public void Add(IReadOnlyList<ChainPoint> points)
    {
        foreach (ChainPoint point in points)
        {
            if (_hashes.Add(point.Hash))
            {
                _order.Enqueue(point.Hash);
            }
        }

        while (_order.Count > Most)
        {
            _hashes.Remove(_order.Dequeue());
        }
    }
}
