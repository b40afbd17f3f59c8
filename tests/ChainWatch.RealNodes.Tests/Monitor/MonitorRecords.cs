namespace ChainWatch.RealNodes.Tests;

/// <summary>All that the monitor has written about a chain.</summary>
internal sealed record MonitorRecords
{
    public required IReadOnlyList<StoredPayment> Payments { get; init; }

    public required IReadOnlyList<StoredEvent> Events { get; init; }

    public required IReadOnlyList<StoredBlock> Blocks { get; init; }

    public required IReadOnlyList<(long From, long To)> Coverage { get; init; }

    public required long Cursor { get; init; }
}
