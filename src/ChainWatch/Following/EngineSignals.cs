namespace ChainWatch;

/// <summary>What the stations of one process tell each other.</summary>
internal sealed class EngineSignals
{
    /// <summary>There is something to deliver.</summary>
    public Signal Outbox { get; } = new();

    /// <summary>A back-scan was queued.</summary>
    public Signal BackScanQueued { get; } = new();

    /// <summary>A back-scan moved on.</summary>
    public Signal BackScanMoved { get; } = new();

    /// <summary>A reconciliation was asked for.</summary>
    public Signal ReconciliationQueued { get; } = new();
}
