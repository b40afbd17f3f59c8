namespace ChainWatch;

/// <summary>How payment events are handed to the application's handlers; configured under <c>ChainWatch:Delivery</c>.</summary>
public sealed class DeliveryOptions
{
    /// <summary>How many handlers run side by side on this instance; events of one payment never do.</summary>
    /// <value>1 to 1,000. The default is 8.</value>
    public int Parallelism { get; set; } = 8;

    /// <summary>How often an event is tried before it is parked.</summary>
    /// <value>1 to 1,000. The default is 10.</value>
    public int MaxAttempts { get; set; } = 10;

    /// <summary>How long the handlers of one event may take; after that the attempt has failed.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait after a first failure; it doubles with each further one. The wait itself is drawn between nothing and that.</summary>
    /// <value>The default is 1 second.</value>
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What the wait does not grow beyond.</summary>
    /// <value>The default is 5 minutes.</value>
    public TimeSpan MaxRetry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often the outbox is looked at when nothing in this process announces an event.</summary>
    /// <value>The default is 1 second.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long handlers that are under way may go on when the host stops, before they are cancelled.</summary>
    /// <value>The default is 15 seconds; keep it below the host's shutdown timeout.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an event may wait for its delivery before the instance calls itself degraded.</summary>
    /// <value>The default is 5 minutes.</value>
    public TimeSpan DegradedAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The seed of the jitter in retry waits; 0 draws one at start.</summary>
    public int Seed { get; set; }

    internal void Read(ConfigurationReader reader)
    {
        Parallelism = reader.ReadWhole(nameof(Parallelism)) ?? Parallelism;
        MaxAttempts = reader.ReadWhole(nameof(MaxAttempts)) ?? MaxAttempts;
        HandlerTimeout = reader.ReadDuration(nameof(HandlerTimeout)) ?? HandlerTimeout;
        FirstRetry = reader.ReadDuration(nameof(FirstRetry)) ?? FirstRetry;
        MaxRetry = reader.ReadDuration(nameof(MaxRetry)) ?? MaxRetry;
        PollInterval = reader.ReadDuration(nameof(PollInterval)) ?? PollInterval;
        DrainTimeout = reader.ReadDuration(nameof(DrainTimeout)) ?? DrainTimeout;
        DegradedAfter = reader.ReadDuration(nameof(DegradedAfter)) ?? DegradedAfter;
        Seed = reader.ReadWhole(nameof(Seed)) ?? Seed;
    }

    internal void Validate(string path, ConfigurationErrors errors)
    {
        ChainOptions.CheckRange(Parallelism, 1, 1000, $"{path}:{nameof(Parallelism)}", errors);
        ChainOptions.CheckRange(MaxAttempts, 1, 1000, $"{path}:{nameof(MaxAttempts)}", errors);
        ChainOptions.CheckPositive(HandlerTimeout, $"{path}:{nameof(HandlerTimeout)}", errors);
        ChainOptions.CheckPositive(FirstRetry, $"{path}:{nameof(FirstRetry)}", errors);
        ChainOptions.CheckPositive(MaxRetry, $"{path}:{nameof(MaxRetry)}", errors);
        ChainOptions.CheckPositive(PollInterval, $"{path}:{nameof(PollInterval)}", errors);
        ChainOptions.CheckPositive(DrainTimeout, $"{path}:{nameof(DrainTimeout)}", errors);
        ChainOptions.CheckPositive(DegradedAfter, $"{path}:{nameof(DegradedAfter)}", errors);
    }
}
