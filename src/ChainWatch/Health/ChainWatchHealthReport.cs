namespace ChainWatch;

/// <summary>How all chains of this host were followed at one moment.</summary>
public sealed class ChainWatchHealthReport
{
    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Every chain.</summary>
    public required IReadOnlyList<ChainHealth> Chains { get; init; }

    /// <summary>How the outbox stands; <see langword="null"/> when the store did not answer.</summary>
    public required OutboxState? Outbox { get; init; }

    /// <summary>Why the store did not answer; <see langword="null"/> when it did.</summary>
    public required string? StoreError { get; init; }

    /// <summary>The part of the chains that must be ready.</summary>
    public required double MinHealthyChainsRatio { get; init; }

    /// <summary>True once the host was told to stop.</summary>
    public bool Stopping { get; init; }

    /// <summary>All chains together: as well as the worst of them.</summary>
    public HealthState State => Chains.Count == 0 ? HealthState.Healthy : Chains.Max(static chain => chain.State);

    /// <summary>True when the store answers, enough chains are ready, and the host was not told to stop.</summary>
    public bool IsReady => !Stopping && StoreError is null && Chains.Count(static chain => chain.NotReady is null) >= MinHealthyChainsRatio * Chains.Count;

    /// <summary>True when this instance leads no chain.</summary>
    public bool IsStandby => Chains.All(static chain => !chain.Leading);

    /// <summary>How many chains are in a state.</summary>
    public int Count(HealthState state) => Chains.Count(chain => chain.State == state);
}
