using ChainWatch.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Simulation;

/// <summary>One engine on one simulated chain, for histories written by hand: the tests say what happens, the oracle watches.</summary>
internal sealed class Bench : IDisposable
{
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly ScenarioElection _election;
    private readonly ScenarioHandler _handler;
    private readonly ScenarioSettings _settings;

    public Bench(Confirmation? confirmation = null, bool hasMarks = true, int finalityDepth = 64, int maxBlocks = 1000, int batchSize = 100, long? startHeight = 0)
    {
        Scheduler = new DeterministicScheduler(Time);
        Chain = new SimulatedChain("sim", 1, Time, TimeSpan.FromSeconds(2));
        Options = new SimulatedReaderOptions { HasMarks = hasMarks };
        Reader = new SimulatedBlockReader(Chain, Options, Time);
        _settings = new ScenarioSettings
        {
            Source = new PolledSourceOptions { PollInterval = Poll, FinalityDepth = finalityDepth, TrustMarks = hasMarks, BatchSize = batchSize, Parallelism = 1 },
            Follower = new FollowerOptions { MaxBlocks = maxBlocks },
            Delivery = new DeliveryOptions { Seed = 1, HandlerTimeout = TimeSpan.FromSeconds(10), MaxAttempts = 3 },
            Policy = new ConfirmationPolicy(confirmation ?? Confirmation.Blocks(3)),
            StartHeight = startHeight,
        };
        Oracle = new Oracle(Chain, _settings.Policy, Verdict);
        _election = new ScenarioElection(Inner);
        _handler = new ScenarioHandler(new SeededRandom(1), Knobs, Verdict, Time);
        Store = new ScenarioStore(Inner, Oracle, Verdict, new SeededRandom(1), Knobs);
    }

    public ManualTimeProvider Time { get; } = new();

    public DeterministicScheduler Scheduler { get; }

    public SimulatedChain Chain { get; }

    public SimulatedReaderOptions Options { get; }

    public SimulatedBlockReader Reader { get; }

    public InMemoryWatchStore Inner { get; } = new();

    public ScenarioStore Store { get; }

    public Verdict Verdict { get; } = new();

    public ScenarioKnobs Knobs { get; } = new();

    public Oracle Oracle { get; }

    public ScenarioEngine? Engine { get; private set; }

    public string Address { get; } = SimulatedFormat.Address("watched");

    public SimulatedEndpoint Endpoint => Options.Endpoints[0];

    /// <summary>How many rollbacks the source has told.</summary>
    public long RollBacks => Knobs.Counts.GetValueOrDefault("source went back");

    public IEnumerable<PaymentEventKind> Kinds => Oracle.Events.Select(static one => one.Kind);

    public ScenarioEngine Start(string name = "engine")
    {
        Engine = new ScenarioEngine(name, Scheduler, Chain, Reader.Options, status => new PolledChainSource(Chain.Chain, Reader, _settings.Source, status, Time), _settings, _election, () => new ScenarioStore(Inner, Oracle, Verdict, new SeededRandom(1), Knobs), _handler, Verdict, Knobs, NullLoggerFactory.Instance);
        return Engine;
    }

    public void Register(string address, long? since = null)
    {
        Watchlist watchlist = new(Store, [Chain.Chain], new EngineSignals(), Time);
        Scheduler.Run(() => watchlist.AddAsync(Chain.Chain.Name, [new WatchRequest { Address = address, Since = since }], CancellationToken.None));
    }

    public void Remove(string address)
    {
        Watchlist watchlist = new(Store, [Chain.Chain], new EngineSignals(), Time);
        Scheduler.Run(() => watchlist.RemoveAsync(Chain.Chain.Name, address, CancellationToken.None));
    }

    /// <summary>How many calls to the watchlist are under way.</summary>
    public int Pending { get; private set; }

    /// <summary>Registers an address without waiting for it.</summary>
    public void BeginRegistering(string address, long? since) =>
        Begin(watchlist => watchlist.AddAsync(Chain.Chain.Name, [new WatchRequest { Address = address, Since = since }], CancellationToken.None));

    /// <summary>Removes an address without waiting for it.</summary>
    public void BeginRemoving(string address) => Begin(watchlist => watchlist.RemoveAsync(Chain.Chain.Name, address, CancellationToken.None));

    /// <summary>Takes leadership from whoever has it, without telling.</summary>
    public void Depose() => _election.Depose(tell: false);

    /// <summary>Does something later.</summary>
    public void After(TimeSpan wait, Action act) => Scheduler.Start(async () =>
    {
        await Task.Delay(wait, Time);
        act();
    });

    /// <summary>Lets the source look at the head this many times.</summary>
    public void Look(int times) => Scheduler.Advance(Poll * times);

    /// <summary>Lets time pass until the engine has followed, and checks everything said so far.</summary>
    public void Settle()
    {
        Scheduler.RunUntil(() => Verdict.Fault is not null || (Oracle.Cursor == Chain.Head.Point && Pending == 0 && Knobs.AcknowledgedEvents.Count == Oracle.Events.Count), TimeSpan.FromMinutes(10));
        Look(2);
        Verdict.ThrowIfAny();
        Oracle.Cursor.ShouldBe(Chain.Head.Point);
        Oracle.CheckAgainstFinalChain();
        Verdict.ThrowIfAny();
    }

    private void Begin(Func<Watchlist, Task> call)
    {
        Pending++;
        Watchlist watchlist = new(Store, [Chain.Chain], new EngineSignals(), Time);
        Scheduler.Start(async () =>
        {
            await call(watchlist);
            Pending--;
        });
    }

    public void Dispose() => Engine?.Dispose();
}
