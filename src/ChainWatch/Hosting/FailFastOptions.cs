namespace ChainWatch;

/// <summary>When a process that has gone silent ends itself, so that its orchestrator starts it anew.</summary>
public sealed class FailFastOptions
{
    /// <summary>Whether it ends itself at all.</summary>
    /// <value>The default is true.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>The silence after which it ends itself.</summary>
    /// <value>10 seconds to 24 hours. The default is 10 minutes.</value>
    public TimeSpan CriticalTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How often silence is looked for.</summary>
    /// <value>1 second to 10 minutes, and not longer than <see cref="CriticalTimeout"/>. The default is 1 minute.</value>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromMinutes(1);

    internal void Read(ConfigurationReader reader)
    {
        Enabled = reader.ReadFlag(nameof(Enabled)) ?? Enabled;
        CriticalTimeout = reader.ReadDuration(nameof(CriticalTimeout)) ?? CriticalTimeout;
        CheckInterval = reader.ReadDuration(nameof(CheckInterval)) ?? CheckInterval;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        ChainWatchOptions.CheckRange(CriticalTimeout, TimeSpan.FromSeconds(10), TimeSpan.FromHours(24), $"{path}:{nameof(CriticalTimeout)}", errors);
        ChainWatchOptions.CheckRange(CheckInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), $"{path}:{nameof(CheckInterval)}", errors);
        if (CheckInterval > CriticalTimeout)
        {
            errors.Add($"{path}:{nameof(CheckInterval)}", CheckInterval.ToString("c"), $"it must not be longer than {nameof(CriticalTimeout)}, which is {CriticalTimeout:c}");
        }
    }
}
