namespace ChainWatch;

/// <summary>How the reconciliation of a chain stands on the instance that leads it.</summary>
public sealed class ReconciliationStatus
{
    /// <summary>The run that is under way; <see langword="null"/> where none is.</summary>
    public ReconciliationRun? Running { get; init; }

    /// <summary>The last run that is done; <see langword="null"/> where none is known.</summary>
    public ReconciliationRun? Last { get; init; }

    /// <summary>What the last run that is done found, by kind: only kinds that it found. Repaired ones are left out.</summary>
    public IReadOnlyDictionary<DiscrepancyKind, long> Discrepancies { get; init; } = new Dictionary<DiscrepancyKind, long>();
}
