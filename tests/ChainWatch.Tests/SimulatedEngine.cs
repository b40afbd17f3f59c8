using ChainWatch.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Tests;

/// <summary>The real engine over a simulated chain, at virtual time, on one thread.</summary>
internal sealed class SimulatedEngine : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ChainWatchMetrics _metrics;
    private readonly EngineSignals _signals = new();
    private readonly ReconciliationOptions? _reconciliation;

    public SimulatedEngine(string confirmations = "3", long? startHeight = 0, InMemoryWatchStore? store = null, SimulatedChain? chain = null, Action<SimulatedReaderOptions>? reader = null, bool hasMarks = false, bool fetchesOnlyForWatched = false, int finalityDepth = 64, IReadOnlyList<SimulatedEndpoint>? endpoints = null, Action<ChainOptions>? configure = null, ReconciliationOptions? reconciliation = null)
    {
        _reconciliation = reconciliation;
        _metrics = new ChainWatchMetrics(MeterScope);
        Store = store ?? new InMemoryWatchStore();
        Chain = chain ?? new SimulatedChain(timeProvider: Time);
        Scheduler = new DeterministicScheduler(Time);
        Status = new ChainStatus(Chain.Chain, Time);
        SimulatedReaderOptions options = new() { HasMarks = hasMarks, FetchesOnlyForWatched = fetchesOnlyForWatched, Endpoints = endpoints ?? [new SimulatedEndpoint("simulated-1")] };
        reader?.Invoke(options);
        Reader = new SimulatedBlockReader(Chain, options, Time);
        // Several endpoints are asked as a pool asks them: the first one, unless it must be another.
        ScopedReader asked = Asked = new ScopedReader(endpoints is null ? Reader : new FirstEndpointReader(Reader, endpoints[0].Name));
        ChainOptions chainOptions = new();
        foreach (SimulatedEndpoint endpoint in endpoints ?? [])
        {
            chainOptions.Endpoints.Add(new EndpointOptions { Name = endpoint.Name });
        }

        Status.ReadEndpointsFrom(() => [.. options.Endpoints.Select(static (endpoint, index) => new EndpointStanding { Name = endpoint.Name, Up = true, Rank = index + 1 })]);
        configure?.Invoke(chainOptions);
        Confirmation.TryParse(confirmations, out Confirmation confirmation).ShouldBeTrue();
        Registration = new ChainRegistration
        {
            Chain = Chain.Chain,
            Status = Status,
            Options = chainOptions,
            Reader = asked,
            Confirmation = new ConfirmationPolicy(confirmation),
            StartHeight = startHeight,
            StateReader = State = new SimulatedStateReader(Chain),
            CreateSource = () => new PolledChainSource(
                Chain.Chain,
                asked,
                new PolledSourceOptions { PollInterval = TimeSpan.FromSeconds(1), FinalityDepth = finalityDepth, BatchSize = 10, Seed = 1 },
                Status,
                Time),
        };
        Reconciliation = new Reconciliations(new ChainRegistry(Registration), Store, Store.Reconciliations, _signals, Time);
        Watchlist = new Watchlist(Store, [Chain.Chain], _signals, Time);
    }

    public ManualTimeProvider Time { get; } = new();

    public LogRecorder Log { get; } = new();

    /// <summary>What this engine's instruments can be told by from those of other tests.</summary>
    public object MeterScope { get; } = new();

    public DeterministicScheduler Scheduler { get; }

    public SimulatedChain Chain { get; }

    public SimulatedBlockReader Reader { get; }

    /// <summary>What the engine asks of it.</summary>
    public ScopedReader Asked { get; }

    public InMemoryWatchStore Store { get; }

    public ChainStatus Status { get; }

    public ChainRegistration Registration { get; set; }

    public Watchlist Watchlist { get; }

    public IReconciliation Reconciliation { get; }

    /// <summary>What the chain tells of its state.</summary>
    public SimulatedStateReader State { get; }

    /// <summary>Tells handlers what reconciliations found.</summary>
    public ReconciliationHandlers ReconciliationHandlers { get; init; } = new(scopes: null, [], TimeProvider.System, NullLogger.Instance);

    public Task? Running { get; private set; }

    public RetentionOptions Retention { get; init; } = new();

    public IReadOnlyList<PaymentEvent> Events => Store.ReadEvents();

    public IReadOnlyList<PaymentEventKind> Kinds => [.. Events.Select(static one => one.Kind)];

    public ChainPoint? Cursor => Status.Cursor;

    public void Start(IWatchStore? store = null, ILeaderElection? election = null)
    {
        store ??= Store;
        ChainRunner runner = new(Registration, new FollowerOptions(), deliver: true, store, election ?? new SingleInstanceElection(store, "test"), Status, _metrics, _signals, Time, Log.CreateLogger("engine"))
        {
            Retention = Retention,
            Pending = Registration.WatchPending is null ? null : new PendingPayments(new ServiceCollection().BuildServiceProvider().GetRequiredService<IServiceScopeFactory>(), [typeof(IPendingPaymentHandler)], store, Time, Log.CreateLogger("pending")),
            Reconciliation = _reconciliation is { } options ? new ReconciliationStation(Store.Reconciliations, options, ReconciliationHandlers) : null,
        };
        Scheduler.Start(() => Running = runner.RunAsync(_stop.Token));
    }

    /// <summary>Has reconciliation ask another reader for the chain's state. Before the start.</summary>
    public void ReadStateBy(IChainStateReader reader) => RegisterAnew(reader, Registration.ReadTokens);

    /// <summary>Has what waits to be mined watched by a test. Before the start.</summary>
    public void WatchPendingBy(PendingWatch watch) => RegisterAnew(Registration.StateReader, Registration.ReadTokens, watch);

    /// <summary>Has token contracts say what a test says. Before the start.</summary>
    public void ReadTokensBy(Func<Answer<IReadOnlyList<TokenMetadata>>> read)
    {
        RegisterAnew(Registration.StateReader, _ => ValueTask.FromResult(read()));
        _metrics.Track(Registration);
    }

    /// <summary>Delivers with a handler.</summary>
    public void Deliver(Func<PaymentContext, CancellationToken, Task> handle, DeliveryOptions? options = null)
    {
        DeliveryRunner runner = new(Store, handle, options ?? new DeliveryOptions { Seed = 1 }, _metrics, _signals, Time, NullLogger.Instance);
        Scheduler.Start(() => runner.RunAsync(_stop.Token));
    }

    public void Watch(string label) => Scheduler.Run(() => Watchlist.AddAsync(Chain.Chain.Name, SimulatedFormat.Address(label), PaymentReference.For("order", label), CancellationToken.None));

    /// <summary>Registers without running anything else, in the middle of whatever the engine is doing.</summary>
    public void Register(string label) =>
        Store.AddAddressesAsync(Chain.Chain, [new WatchRegistration { Key = SimulatedFormat.Key(label), Address = SimulatedFormat.Address(label) }], Time.GetUtcNow(), CancellationToken.None)
            .AsTask().IsCompletedSuccessfully.ShouldBeTrue();

    /// <summary>The same for an address of a chain with tags.</summary>
    public void RegisterAddress(string address, long? since = null) =>
        Store.AddAddressesAsync(Chain.Chain, [new WatchRegistration { Key = Chain.Chain.Format.ParseAddress(address), Address = address, Since = since }], Time.GetUtcNow(), CancellationToken.None)
            .AsTask().IsCompletedSuccessfully.ShouldBeTrue();

    public void RemoveAddress(string address) =>
        Store.RemoveAddressAsync(Chain.Chain, Chain.Chain.Format.ParseAddress(address), CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();

    /// <summary>Runs until the cursor is the head of the chain.</summary>
    public void CatchUp() => Scheduler.RunUntil(() => Cursor == Chain.Head.Point, TimeSpan.FromMinutes(10)).ShouldBeTrue($"the cursor is {Cursor}, the head {Chain.Head.Point}: {Status.LastError}");

    /// <summary>The answer of the store, which is in memory and answers at once.</summary>
    public T Ask<T>(Func<InMemoryWatchStore, ValueTask<T>> question) => Scheduler.Run(async () => await question(Store));

    public void Stop()
    {
        _stop.Cancel();
        Scheduler.RunUntilIdle();
    }

    public void Dispose()
    {
        Stop();
        _metrics.Dispose();
        Log.Dispose();
        _stop.Dispose();
    }

    private void RegisterAnew(IChainStateReader? state, Func<CancellationToken, ValueTask<Answer<IReadOnlyList<TokenMetadata>>>>? tokens, PendingWatch? pending = null) => Registration = new ChainRegistration
    {
        Chain = Registration.Chain,
        Status = Registration.Status,
        Options = Registration.Options,
        Reader = Registration.Reader,
        Confirmation = Registration.Confirmation,
        StartHeight = Registration.StartHeight,
        CreateSource = Registration.CreateSource,
        StateReader = state,
        ReadTokens = tokens,
        WatchPending = pending ?? Registration.WatchPending,
    };
}
