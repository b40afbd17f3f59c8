namespace ChainWatch;

/// <summary>How one chain was followed at one moment.</summary>
public sealed class ChainHealth
{
    /// <summary>The chain.</summary>
    public required ChainRegistration Registration { get; init; }

    /// <summary>How well it is followed.</summary>
    public required HealthState State { get; init; }

    /// <summary>Why it is not healthy, for people, without secrets; <see langword="null"/> when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>Why it is not ready, in one word: <c>starting</c>, <c>store_unavailable</c>, <c>not_leading</c>, <c>not_connected</c>,
    /// <c>feed_silent</c>, <c>not_committing</c> or <c>sync_lag</c>; <see langword="null"/> when it is.</summary>
    public string? NotReady { get; init; }

    /// <summary>True when this instance leads the chain; false on a standby, which is healthy and ready as long as it could take over.</summary>
    public required bool Leading { get; init; }

    /// <summary>The chain's name.</summary>
    public string Name => Registration.Chain.Name;

    /// <summary>The chain's live status.</summary>
    public ChainStatus Status => Registration.Status;

    internal static ChainHealth Of(ChainRegistration registration, ReadinessOptions readiness, bool started, string? storeError)
    {
        ChainStatus status = registration.Status;
        bool leading = status.Leading;
        (HealthState state, string? notReady, string? reason) = Judge(registration, status, leading, readiness, started, storeError);
        return new ChainHealth { Registration = registration, State = state, Reason = reason, NotReady = notReady, Leading = leading };
    }

    private static (HealthState State, string? NotReady, string? Reason) Judge(
        ChainRegistration registration,
        ChainStatus status,
        bool leading,
        ReadinessOptions readiness,
        bool started,
        string? storeError)
    {
        if (storeError is not null)
        {
            return (HealthState.Failing, "store_unavailable", storeError);
        }

        if (!started)
        {
            return (HealthState.Degraded, "starting", "The store is being made ready.");
        }

        if (!leading)
        {
            return status.RecentError is string trouble ? (HealthState.Degraded, "not_leading", trouble) : (HealthState.Healthy, null, null);
        }

        TimeSpan silence = status.TimeSinceLastEvent;
        TimeSpan limit = registration.EventTimeout;
        long lag = status.Lag;
        string because = status.LastError is string error ? $" Last error: {error}" : "";
        if (silence > limit)
        {
            return (HealthState.Failing, "feed_silent", $"No new block for {Seconds(silence)}; the limit is {Seconds(limit)}.{because}");
        }

        if (lag > 0 && status.TimeSinceLastCommit is TimeSpan idle && idle > limit)
        {
            return (HealthState.Failing, "not_committing", $"Blocks are seen, but none was committed for {Seconds(idle)}; the limit is {Seconds(limit)}.{because}");
        }

        if (!status.Connected)
        {
            return (HealthState.Degraded, "not_connected", $"{(status.HadEvent ? "No endpoint answers." : "No endpoint has answered yet.")}{because}");
        }

        if (lag > readiness.MaxLagBlocks)
        {
            return (HealthState.Degraded, "sync_lag", $"The cursor is {lag} blocks behind the head; the limit is {readiness.MaxLagBlocks}.{because}");
        }

        return status.RecentError is string recent ? (HealthState.Degraded, null, recent) : (HealthState.Healthy, null, null);
    }

    private static string Seconds(TimeSpan time) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalSeconds):0} s");
}
