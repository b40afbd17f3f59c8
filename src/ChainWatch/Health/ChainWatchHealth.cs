namespace ChainWatch;

/// <summary>Tells how this instance is doing: what health checks, health endpoints and status pages answer from.</summary>
public sealed class ChainWatchHealth
{
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(2);
    private readonly IWatchStore _store;
    private readonly TimeProvider _time;
    private readonly ReadinessOptions _readiness;
    private readonly TimeSpan _longestDelivery;
    private volatile bool _started;
    private volatile string? _startError;
    private volatile string? _storeError;
    private volatile string? _ending;
    private volatile string? _critical;
    private volatile bool _stopping;

    /// <summary>Creates it.</summary>
    public ChainWatchHealth(ChainRegistry chains, IWatchStore store, ChainWatchOptions options, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(options);
        Chains = chains;
        _store = store;
        _time = timeProvider;
        _readiness = options.Readiness;
        _longestDelivery = options.Delivery.DegradedAfter;
    }

    /// <summary>The chains.</summary>
    public ChainRegistry Chains { get; }

    /// <summary>
    /// Why the process is no longer to be called alive: it is ending itself, or the watchdog says that a chain has failed beyond <see cref="FailFastOptions.CriticalTimeout"/>,
    /// also where it must not end the process. <see langword="null"/> while it is alive.
    /// </summary>
    public string? Ending => _ending ?? _critical;

    /// <summary>True once the host was told to stop: then the instance is no longer ready, whatever else it is.</summary>
    public bool Stopping => _stopping;

    /// <summary>Tells whether the thread pool runs; <see langword="null"/> where no watchdog looks.</summary>
    internal ThreadPoolPulse? Pulse { get; set; }

    private TimeSpan Starved => Pulse?.Silence ?? TimeSpan.Zero;

    /// <summary>Looks at every chain, and asks the store how the outbox stands, at most two seconds.</summary>
    public async Task<ChainWatchHealthReport> ReadAsync(CancellationToken cancellationToken)
    {
        (OutboxState? outbox, string? storeError) = _started ? await AskStoreAsync(cancellationToken) : (null, _startError);
        _storeError = storeError;
        return new ChainWatchHealthReport
        {
            At = _time.GetUtcNow(),
            Chains = [.. Chains.Chains.Select(chain => ChainHealth.Of(chain, _readiness, _started, storeError, Starved))],
            Outbox = outbox,
            StoreError = storeError,
            LongestDelivery = _longestDelivery,
            MinHealthyChainsRatio = _readiness.MinHealthyChainsRatio,
            Stopping = _stopping,
        };
    }

    /// <summary>Looks at one chain, without asking the store again.</summary>
    internal ChainHealth Read(ChainRegistration chain) => ChainHealth.Of(chain, _readiness, _started, _started ? _storeError : _startError, Starved);

    /// <summary>Records that the store is ready and the stations run.</summary>
    internal void Started() => _started = true;

    /// <summary>Records that the store could not be made ready. It is tried again.</summary>
    internal void StartFailed(string error) => _startError = error;

    /// <summary>Records that the host was told to stop.</summary>
    internal void Stops() => _stopping = true;

    /// <summary>Records what the watchdog calls critical; <see langword="null"/> for nothing.</summary>
    internal void WatchdogSays(string? critical) => _critical = critical;

    /// <summary>Records that the process ends itself.</summary>
    internal void EndsBecause(string reason) => _ending = reason;

    private async Task<(OutboxState? Outbox, string? Error)> AskStoreAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(StorePatience, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            // A store may be deaf to its token (a frozen socket): the answer must not wait for it.
            return (await _store.ReadOutboxAsync(either.Token).AsTask().WaitAsync(either.Token), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"The store did not answer within {StorePatience.TotalSeconds:0} s.");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Its message may hold connection details: those are for the log.
            return (null, $"The store failed ({exception.GetType().Name}); the log has the details.");
        }
    }
}
