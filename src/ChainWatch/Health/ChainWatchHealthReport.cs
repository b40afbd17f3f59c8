using System.Globalization;

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

    /// <summary>How long an event may wait for its delivery: <see cref="DeliveryOptions.DegradedAfter"/>.</summary>
    public required TimeSpan LongestDelivery { get; init; }

    /// <summary>What is wrong with deliveries, for people; <see langword="null"/> when nothing is.</summary>
    public string? DeliveryReason => Outbox is { OldestAt: { } oldest } && At - oldest > LongestDelivery
        ? string.Create(CultureInfo.InvariantCulture, $"The oldest event has waited {Math.Floor((At - oldest).TotalSeconds)} s for its delivery; the limit is {Math.Floor(LongestDelivery.TotalSeconds)} s.")
        : null;

    /// <summary>All together: as well as the worst of the chains, and degraded where deliveries wait too long.</summary>
    public HealthState State => Chains.Select(static chain => chain.State).Append(DeliveryReason is null ? HealthState.Healthy : HealthState.Degraded).Max();

    /// <summary>True when the store answers, enough chains are ready, and the host was not told to stop.</summary>
    public bool IsReady => !Stopping && StoreError is null && Chains.Count(static chain => chain.NotReady is null) >= MinHealthyChainsRatio * Chains.Count;

    /// <summary>True when this instance leads no chain.</summary>
    public bool IsStandby => Chains.All(static chain => !chain.Leading);

    /// <summary>How many chains are in a state.</summary>
    public int Count(HealthState state) => Chains.Count(chain => chain.State == state);
}
