using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Runs the stations for as long as the host runs: first the store, then the addresses of the configuration, then every chain, the delivery and the look at the health.</summary>
internal sealed class ChainWatchService : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SpaceInterval = TimeSpan.FromMinutes(1);

    private readonly ChainRegistry _chains;
    private readonly ChainWatchOptions _options;
    private readonly IWatchStore _store;
    private readonly ILeaderElection _election;
    private readonly PaymentHandlers _handlers;
    private readonly PendingPayments _pending;
    private readonly ReconciliationStation? _reconciliation;
    private readonly IWatchlist _watchlist;
    private readonly ChainWatchHealth _health;
    private readonly StoreSpace _space;
    private readonly ChainWatchMetrics _metrics;
    private readonly EngineSignals _signals;
    private readonly ProcessExit _exit;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ILoggerFactory _loggers;

    public ChainWatchService(IServiceProvider services)
    {
        _chains = services.GetRequiredService<ChainRegistry>();
        _options = services.GetRequiredService<ChainWatchOptions>();
        _store = services.GetRequiredService<IWatchStore>();
        _election = services.GetRequiredService<ILeaderElection>();
        _handlers = services.GetRequiredService<PaymentHandlers>();
        _pending = services.GetRequiredService<PendingPayments>();
        _reconciliation = services.GetService<IReconciliationStore>() is { } reconciliations
            ? new ReconciliationStation(reconciliations, _options.Reconciliation, services.GetRequiredService<ReconciliationHandlers>())
            : null;
        _watchlist = services.GetRequiredService<IWatchlist>();
        _health = services.GetRequiredService<ChainWatchHealth>();
        _space = services.GetRequiredService<StoreSpace>();
        _metrics = services.GetRequiredService<ChainWatchMetrics>();
        _ = services.GetRequiredService<ProcessMetrics>(); // its gauges are asked for by nobody else
        _ = services.GetRequiredService<ReconciliationMetrics>(); // nor are these
        _signals = services.GetRequiredService<EngineSignals>();
        _exit = services.GetRequiredService<ProcessExit>();
        _lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        _time = services.GetRequiredService<TimeProvider>();
        _loggers = services.GetRequiredService<ILoggerFactory>();
        _logger = _loggers.CreateLogger<ChainWatchService>();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Comes before anything of the host is stopped, its HTTP server included: who asks meanwhile is told that this instance is not ready.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_options.Readiness.DrainDelay > TimeSpan.Zero)
        {
            await Task.WhenAny(Task.Delay(_options.Readiness.DrainDelay, _time, cancellationToken));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A host stops its services one after the other, and a web server first waits for its requests. The next leader must not have to.
        await using CancellationTokenRegistration stops = _lifetime.ApplicationStopping.Register(() =>
        {
            _health.Stops();
            HostingLog.Stopping(_logger);
        });
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _lifetime.ApplicationStopping);
        await RunAsync(stop.Token);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            string chains = string.Join(", ", _chains.Chains.Select(static chain => $"{chain.Chain.Name} ({chain.Chain.Kind})"));
            HostingLog.Starting(_logger, _options.Instance, chains, _store.GetType().Name, _handlers.Count);
        }

        foreach (ChainRegistration chain in _chains.Chains)
        {
            _metrics.Track(chain);
        }

        _metrics.IsHealthy = status => _chains.TryGet(status.Chain.Name, out ChainRegistration? chain) && _health.Read(chain).State == HealthState.Healthy;

        _metrics.VerdictOf = status => _chains.TryGet(status.Chain.Name, out ChainRegistration? chain) ? _health.Read(chain).Verdict : FeedVerdict.None;

        // Before the store is there: one that never comes is a silence like any other.
        using WatchdogVoice voice = new();
        _health.Pulse = new ThreadPoolPulse(_time, static answer => ThreadPool.UnsafeQueueUserWorkItem(static answer => answer(), answer, preferLocal: false));
        using Watchdog watchdog = new(_health, _options.FailFast, _metrics, _exit.Request, ProcessEnd.Now, Console.Error, _time, _loggers.CreateLogger<Watchdog>(), voice.Say);
        watchdog.Start();
        if (!await PrepareAsync(stoppingToken))
        {
            return;
        }

        _health.Started();
        List<Task> stations = [RunAsync("health", WatchHealthAsync, stoppingToken), RunAsync("space", WatchSpaceAsync, stoppingToken)];

        // In a store that others share, an event waits for an instance that has a handler; in memory it would wait for ever.
        bool deliver = _handlers.Count > 0 || _store is not InMemoryWatchStore;
        if (_handlers.Count > 0)
        {
            DeliveryRunner delivery = new(_store, _handlers.HandleAsync, _options.Delivery, _metrics, _signals, _time, _loggers.CreateLogger<DeliveryRunner>());
            stations.Add(RunAsync("delivery", delivery.RunAsync, stoppingToken));
        }
        else
        {
            HostingLog.NoHandler(_logger);
        }

        foreach (ChainRegistration chain in _chains.Chains)
        {
            ChainRunner runner = new(chain, new FollowerOptions(), deliver, _store, _election, chain.Status, _metrics, _signals, _time, _loggers.CreateLogger<ChainRunner>()) { Pending = _pending, Reconciliation = _reconciliation, Retention = _options.Retention };
            stations.Add(RunAsync(chain.Chain.Name, runner.RunAsync, stoppingToken));
        }

        await Task.WhenAll(stations);
    }

    /// <summary>Makes the store ready and watches the addresses of the configuration, before any block is read: they count from the first one on.</summary>
    /// <returns>False when the host stops instead.</returns>
    private async Task<bool> PrepareAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait = FirstWait;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await _store.InitializeAsync(cancellationToken);
                foreach (ChainRegistration chain in _chains.Chains)
                {
                    await RegisterAddressesAsync(chain, cancellationToken);
                }

                return true;
            }
            catch (Exception exception) when (ProcessExit.CodeFor(exception) is int code)
            {
                _exit.Request(code, exception.Message);
                return false;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                _health.StartFailed($"The store cannot be made ready ({exception.GetType().Name}); the log has the details.");
                HostingLog.StoreNotReady(_logger, wait, exception);
                await Task.WhenAny(Task.Delay(wait, _time, cancellationToken));
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return false;
    }

    private async Task RegisterAddressesAsync(ChainRegistration chain, CancellationToken cancellationToken)
    {
        IList<string> addresses = chain.Options.Addresses;
        int added = 0;
        foreach (string address in addresses)
        {
            // What the application registered with a reference of its own is watched as well, and keeps its reference.
            if (await _watchlist.FindAsync(chain.Chain.Name, address, cancellationToken) is null &&
                await _watchlist.AddAsync(chain.Chain.Name, address, reference: null, cancellationToken))
            {
                added++;
            }
        }

        if (addresses.Count > 0)
        {
            HostingLog.AddressesRegistered(_logger, chain.Chain.Name, addresses.Count, added);
        }
    }

    /// <summary>Looks at the health now and then: tells the log when it gets worse or better, and the gauges how the outbox stands.</summary>
    private async Task WatchHealthAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, HealthState> told = new(StringComparer.Ordinal);
        while (true)
        {
            ChainWatchHealthReport report = await _health.ReadAsync(cancellationToken);
            if (report.Outbox is OutboxState outbox)
            {
                _metrics.Outbox(outbox, _time);
            }

            foreach (ChainHealth chain in report.Chains)
            {
                Tell(chain, told);
            }

            await Task.Delay(HealthInterval, _time, cancellationToken);
        }
    }

    /// <summary>Looks now and then how much room the store takes.</summary>
    private async Task WatchSpaceAsync(CancellationToken cancellationToken)
    {
        _metrics.Space = _space;
        while (true)
        {
            try
            {
                await _space.ReadAsync(_store, _time.GetUtcNow(), cancellationToken);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // A store that does not answer is told by the health; what was seen last stays.
            }

            await Task.Delay(SpaceInterval, _time, cancellationToken);
        }
    }

    private void Tell(ChainHealth chain, Dictionary<string, HealthState> told)
    {
        bool first = !told.TryGetValue(chain.Name, out HealthState before);
        if (chain.State == before && !first)
        {
            return;
        }

        // How it begins is not worth a line until it is known; what is failing is the watchdog's to tell.
        if (first && (chain.State == HealthState.Degraded || !chain.Leading))
        {
            return;
        }

        told[chain.Name] = chain.State;
        if (chain.State == HealthState.Degraded)
        {
            HostingLog.ChainDegraded(_logger, chain.Name, chain.Reason);
        }
        else if (chain.State == HealthState.Healthy)
        {
            HostingLog.ChainHealthy(_logger, chain.Name);
        }
    }

    /// <summary>Runs a station until the host stops. What it must not survive ends the process; anything else starts it anew.</summary>
    private async Task RunAsync(string station, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await run(cancellationToken);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (ProcessExit.CodeFor(exception) is int code)
            {
                _exit.Request(code, exception.Message);
                return;
            }
            catch (Exception exception)
            {
                HostingLog.StationFailed(_logger, station, LongestWait, exception);
                await Task.WhenAny(Task.Delay(LongestWait, _time, cancellationToken));
            }
        }
    }
}
