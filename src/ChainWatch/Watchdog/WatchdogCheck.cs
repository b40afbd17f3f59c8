namespace ChainWatch;

/// <summary>What the watchdog saw when it looked at all chains.</summary>
public sealed class WatchdogCheck
{
    /// <summary>When it looked.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The chains, each with its verdict. A chain that this instance does not lead has nothing to time out, and is healthy.</summary>
    public required IReadOnlyList<ChainHealth> Chains { get; init; }

    /// <summary>The chains that are failing.</summary>
    public required IReadOnlyList<ChainHealth> Failing { get; init; }

    /// <summary>The chain whose failing has gone on beyond the critical timeout; <see langword="null"/> when there is none.</summary>
    public ChainHealth? Critical { get; init; }

    /// <summary>How long <see cref="Critical"/> has failed.</summary>
    public TimeSpan CriticalFor { get; init; }
}
