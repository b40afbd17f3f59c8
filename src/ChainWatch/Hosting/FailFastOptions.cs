namespace ChainWatch;

/// <summary>When a process that has gone silent ends itself, so that its orchestrator starts it anew.</summary>
public sealed class FailFastOptions
{
    /// <summary>Whether it ends itself at all.</summary>
    /// <value>The default is true.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>The silence after which it ends itself.</summary>
    /// <value>1 second to 24 hours. The default is 10 minutes.</value>
    public TimeSpan CriticalTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How often observers are told what the watchdog saw. Silence itself is looked for four times a second.</summary>
    /// <value>1 second to 10 minutes, and not longer than <see cref="CriticalTimeout"/>. The default is 1 minute.</value>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the host may take to stop once it was asked to, by whomever, before the process is ended from a thread of its own.</summary>
    /// <value>1 second to 10 minutes. The default is 30 seconds; keep it above the host's shutdown timeout.</value>
    public TimeSpan ExitTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Told every <see cref="CheckInterval"/> what the watchdog saw, from its own thread; it must not block.</summary>
    public Action<WatchdogCheck>? HealthChecked { get; set; }

    /// <summary>Told as soon as a chain fails, and every <see cref="CheckInterval"/> while one does, from the watchdog's own thread; it must not block.</summary>
    public Action<WatchdogCheck>? HealthFailed { get; set; }

    /// <summary>Asked before the process ends itself, from the watchdog's own thread. False vetoes it, until the next look; a host that ends in its own way does so here.</summary>
    public Func<WatchdogCheck, bool>? Exiting { get; set; }

    internal void Read(ConfigurationReader reader)
    {
        Enabled = reader.ReadFlag(nameof(Enabled)) ?? Enabled;
        CriticalTimeout = reader.ReadDuration(nameof(CriticalTimeout)) ?? CriticalTimeout;
        CheckInterval = reader.ReadDuration(nameof(CheckInterval)) ?? CheckInterval;
        ExitTimeout = reader.ReadDuration(nameof(ExitTimeout)) ?? ExitTimeout;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        ChainWatchOptions.CheckRange(CriticalTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24), $"{path}:{nameof(CriticalTimeout)}", errors);
        ChainWatchOptions.CheckRange(CheckInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), $"{path}:{nameof(CheckInterval)}", errors);
        ChainWatchOptions.CheckRange(ExitTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), $"{path}:{nameof(ExitTimeout)}", errors);
        if (CheckInterval > CriticalTimeout)
        {
            errors.Add($"{path}:{nameof(CheckInterval)}", CheckInterval.ToString("c"), $"it must not be longer than {nameof(CriticalTimeout)}, which is {CriticalTimeout:c}");
        }
    }
}
