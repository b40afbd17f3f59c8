namespace ChainWatch;

/// <summary>A watched address that is to be compared, with what is known about it.</summary>
public sealed class ReconciliationSubject
{
    /// <summary>The address.</summary>
    public required WatchedAddress Address { get; init; }

    /// <summary>The last state that agreed with the records; <see langword="null"/> where there was none yet, or where a reorg replaced its point.</summary>
    public ReconciledState? Last { get; init; }

    /// <summary>The height of its first recorded payment; <see langword="null"/> where it has none.</summary>
    public long? FirstPayment { get; init; }

    /// <summary>True while blocks are still to be read for it.</summary>
    public bool IsBeingRead { get; init; }
}
