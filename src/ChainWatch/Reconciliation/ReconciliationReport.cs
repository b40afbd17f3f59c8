namespace ChainWatch;

/// <summary>What a reconciliation came to.</summary>
public sealed class ReconciliationReport
{
    /// <summary>The run.</summary>
    public required ReconciliationRun Run { get; init; }

    /// <summary>What was found, at most 1,000 of them; <see cref="IReconciliation.ReadDiscrepanciesAsync"/> tells all.</summary>
    public required IReadOnlyList<Discrepancy> Discrepancies { get; init; }
}
