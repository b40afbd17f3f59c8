using ChainWatch.Testing;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Simulation;

/// <summary>One instance of the real engine, in a process of its own: leads or stands by, scans back, delivers, and takes registrations.</summary>
internal sealed class ScenarioEngine : IDisposable
{
    private static readonly ChainWatchMetrics Metrics = new();

    private readonly DeterministicScheduler _scheduler;
    private readonly ScenarioElection _election;
    private readonly CancellationTokenSource _stop = new();
    private readonly Watchlist _watchlist;
    private int _running;

    public ScenarioEngine(
        string name,
        DeterministicScheduler scheduler,
        SimulatedChain chain,
        SimulatedReaderOptions endpoints,
        Func<ChainStatus, IChainSource> connect,
        ScenarioSettings settings,
        ScenarioElection election,
        Func<ScenarioStore> openStore,
        ScenarioHandler handler,
        Verdict verdict,
        ScenarioKnobs knobs,
        ILoggerFactory logs)
    {
        Name = name;
        _scheduler = scheduler;
        _election = election;
        Process = scheduler.CreateProcess(name);
        Store = openStore();
        TimeProvider time = scheduler.Time;
        ChainStatus status = new(chain.Chain, time);
        EngineSignals signals = new();
        ChainRegistration registration = new()
        {
            Chain = chain.Chain,
            Status = status,
            Options = new SimulatedChainOptions { Reader = endpoints },
            Confirmation = settings.Policy,
            StartHeight = settings.StartHeight,
            CreateSource = () => new RecordingSource(connect(status), Store, chain, verdict, knobs),
        };
        _watchlist = new Watchlist(Store, [chain.Chain], signals, time);
        ChainRunner runner = new(registration, settings.Follower, deliver: true, Store, election.For(name), status, Metrics, signals, time, logs.CreateLogger(name));
        DeliveryRunner delivery = new(Store, handler.HandleAsync, settings.Delivery, Metrics, signals, time, logs.CreateLogger(name));
        Begin(() => runner.RunAsync(_stop.Token));
        Begin(() => delivery.RunAsync(_stop.Token));
    }

    public string Name { get; }

    public SimulatedProcess Process { get; }

    public ScenarioStore Store { get; }

    /// <summary>Why it ended by itself; <see langword="null"/> while it runs, and when it was told to stop.</summary>
    public Exception? Failure { get; private set; }

    public bool HasEnded => _running == 0;

    public void Register(Func<IWatchlist, Task> call) => _scheduler.Start(Process, () => call(_watchlist));

    /// <summary>Asks it to stop, as a host does.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Ends it where it stands. Its leadership runs out, and its connections end.</summary>
    public void Kill()
    {
        Process.Kill();
        Store.ProcessDied();
        _election.Died(Name);
    }

    public void Dispose() => _stop.Dispose();

    private void Begin(Func<Task> run)
    {
        _running++;
        _scheduler.Start(Process, async () =>
        {
            try
            {
                await run();
            }
            catch (Exception exception)
            {
                Failure ??= exception;
                // As a host does: when one station gives up, all of it stops.
                _stop.Cancel();
            }

            _running--;
        });
    }
}
