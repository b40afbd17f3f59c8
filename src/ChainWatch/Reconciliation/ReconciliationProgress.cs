namespace ChainWatch;

/// <summary>How far a reconciliation has come, and what it found since the last time that this was stored.</summary>
public sealed class ReconciliationProgress
{
    /// <summary>The run as it is now.</summary>
    public required ReconciliationRun Run { get; init; }

    /// <summary>What was found since.</summary>
    public IReadOnlyList<Discrepancy> Found { get; init; } = [];

    /// <summary>The states that agreed since.</summary>
    public IReadOnlyList<ReconciledState> Reconciled { get; init; } = [];
}
