namespace ChainWatch.RealNodes.Tests;

/// <summary>All that the monitor has written about a chain.</summary>
internal sealed record MonitorRecords
{
    public required IReadOnlyList<StoredPayment> Payments { get; init; }

    public required IReadOnlyList<StoredEvent> Events { get; init; }

    /// <summary>The canonical blocks; <see langword="null"/> where the store does not keep all of them.</summary>
    public required IReadOnlyList<StoredBlock>? Blocks { get; init; }

    public required IReadOnlyList<(long From, long To)> Coverage { get; init; }

    public required long Cursor { get; init; }

    /// <summary>The events that the application's handler has written to its own table; <see langword="null"/> where there is no handler.</summary>
    public IReadOnlyList<StoredEvent>? Handled { get; init; }

    /// <summary>The balances that the handler keeps.</summary>
    public IReadOnlyList<StoredBalance> Balances { get; init; } = [];
}
