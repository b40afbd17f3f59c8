namespace ChainWatch;

/// <summary>The recorded payments of some addresses, as they stood when a point was canonical.</summary>
public sealed class RecordedPayments
{
    /// <summary>The payments in blocks of the range that are not retracted, ascending by block; with their spending, where they are spent.</summary>
    public required IReadOnlyList<Payment> Payments { get; init; }

    /// <summary>The canonical points of the range that are stored, by height; empty where they were not asked for.</summary>
    public IReadOnlyDictionary<long, ChainPoint> Points { get; init; } = new Dictionary<long, ChainPoint>();
}
