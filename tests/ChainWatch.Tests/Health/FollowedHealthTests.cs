using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>I8 over the whole engine: what the follower, its source and back-scans tell of themselves, looked at by the watchdog as it looks in a host.</summary>
public sealed class FollowedHealthTests : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_critical = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    private readonly List<(int Code, string Reason)> _requested = [];
    private readonly List<HealthState> _states = [];
    private readonly ChainWatchMetrics _metrics = new();
    private readonly StringWriter _error = new();
    private Watchdog? _watchdog;
    private ChainWatchHealth? _health;

    [Fact]
    public void A_store_that_refuses_each_commit_is_failing_without_a_break_and_ends_the_process()
    {
        using SimulatedEngine engine = Engine();
        engine.Chain.MineEmpty(5);
        bool refuses = false;
        Start(engine, StoreProxy.Before(engine.Store, (method, _) =>
        {
            if (refuses && method == nameof(IWatchStore.CommitAsync))
            {
                throw new InvalidOperationException("the disk is full");
            }
        }));
        engine.CatchUp();
        refuses = true;

        Look(engine, s_critical + s_timeout, mineEvery: TimeSpan.FromSeconds(2));

        ExpectFailingToTheEnd("not_committing");
    }

    [Fact]
    public void Blocks_that_no_endpoint_can_serve_are_failing_without_a_break_and_end_the_process()
    {
        using SimulatedEngine engine = Engine();
        engine.Chain.MineEmpty(5);
        Start(engine, engine.Store);
        engine.CatchUp();
        engine.Asked.Serves = false;

        Look(engine, s_critical + s_timeout, mineEvery: TimeSpan.FromSeconds(2));

        ExpectFailingToTheEnd("not_committing");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    public void A_chain_whose_first_block_cannot_be_read_is_told_at_once_and_fails(long? startHeight)
    {
        using SimulatedEngine engine = Engine(startHeight);
        engine.Chain.MineEmpty(5);
        engine.Asked.Serves = false;
        Start(engine, engine.Store);

        Look(engine, TimeSpan.FromSeconds(5), mineEvery: TimeSpan.FromSeconds(2));
        Health.State.ShouldBe(HealthState.Degraded);
        Health.Reason!.ShouldContain("cannot be served");
        Look(engine, s_critical + s_timeout, mineEvery: TimeSpan.FromSeconds(2));

        ExpectFailingToTheEnd("not_committing");
    }

    [Fact]
    public void A_chain_that_is_to_begin_later_is_healthy_until_then()
    {
        using SimulatedEngine engine = Engine(startHeight: 10_000);
        engine.Chain.MineEmpty(5);
        Start(engine, engine.Store);

        Look(engine, s_critical + s_timeout, mineEvery: TimeSpan.FromSeconds(2));

        _states.ShouldAllBe(static state => state != HealthState.Failing);
        _requested.ShouldBeEmpty();
        Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
    }

    [Fact]
    public void A_back_scan_after_a_new_start_is_no_life_of_a_feed_that_is_dead()
    {
        InMemoryWatchStore store = new();
        SimulatedChain chain = new();
        chain.MineEmpty(4_000);
        using (SimulatedEngine before = Engine(store: store, chain: chain))
        {
            before.Start();
            before.CatchUp();
        }

        using SimulatedEngine engine = Engine(store: store, chain: chain);
        store.AddAddressesAsync(
            chain.Chain, [new WatchRegistration { Key = SimulatedFormat.Key("late"), Address = SimulatedFormat.Address("late"), Since = 0 }], engine.Time.GetUtcNow(), CancellationToken.None)
            .AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        // A piece of the scan takes some seconds, so that it goes on all the while.
        engine.Asked.Takes = (TimeSpan.FromSeconds(5), engine.Time);
        Start(engine, store);
        Look(engine, s_timeout + TimeSpan.FromSeconds(5), mineEvery: null);

        engine.Asked.Asked.Count.ShouldBeGreaterThan(10);
        Health.State.ShouldBe(HealthState.Failing, Health.Reason);
        Health.NotReady.ShouldBe("feed_silent");
    }

    [Fact]
    public void A_chain_that_became_shorter_has_nothing_left_to_commit()
    {
        using SimulatedEngine engine = Engine(configure: static options => options.BlockTime = TimeSpan.Zero);
        engine.Chain.MineEmpty(100);
        Start(engine, engine.Store);
        engine.CatchUp();
        engine.Chain.ReorgEmpty(depth: 10, length: 1);
        engine.CatchUp();

        Look(engine, s_critical + s_timeout, mineEvery: null);

        engine.Status.Lag.ShouldBe(0);
        Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
        _requested.ShouldBeEmpty();
    }

    [Fact]
    public void A_chain_that_became_shorter_before_it_was_read_to_its_end_has_nothing_left_to_commit()
    {
        using SimulatedEngine engine = Engine(configure: static options => options.BlockTime = TimeSpan.Zero);
        engine.Chain.MineEmpty(50);
        Start(engine, engine.Store);
        engine.CatchUp();
        engine.Asked.Serves = false;
        engine.Chain.MineEmpty(10);
        Look(engine, TimeSpan.FromSeconds(5), mineEvery: null);
        engine.Status.Lag.ShouldBe(10);
        engine.Chain.RollBack(10);
        engine.Asked.Serves = true;

        Look(engine, s_critical + s_timeout, mineEvery: null);

        engine.Status.Lag.ShouldBe(0);
        Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
        _requested.ShouldBeEmpty();
    }

    [Fact]
    public void A_store_that_is_away_for_a_moment_is_no_reason_to_call_a_quiet_chain_late()
    {
        using SimulatedEngine engine = Engine(configure: static options => options.BlockTime = TimeSpan.Zero);
        engine.Chain.MineEmpty(5);
        bool away = false;
        Start(engine, StoreProxy.Before(engine.Store, (method, _) =>
        {
            if (away && (method is nameof(IWatchStore.CommitAsync) or nameof(IWatchStore.LoadAsync)))
            {
                throw new InvalidOperationException("the store is away");
            }
        }));
        engine.CatchUp();
        Look(engine, TimeSpan.FromHours(1), mineEvery: null);
        away = true;
        engine.Chain.MineEmpty(1);

        Look(engine, s_timeout / 2, mineEvery: null);
        away = false;
        Look(engine, s_timeout, mineEvery: null);

        _states.ShouldAllBe(static state => state != HealthState.Failing);
        engine.Cursor.ShouldBe(engine.Chain.Head.Point);
        _requested.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _watchdog?.Dispose();
        _metrics.Dispose();
        _error.Dispose();
    }

    private ChainHealth Health => _health!.Read(_health.Chains.Chains[0]);

    private static SimulatedEngine Engine(long? startHeight = 0, InMemoryWatchStore? store = null, SimulatedChain? chain = null, Action<ChainOptions>? configure = null) =>
        new(startHeight: startHeight, store: store, chain: chain, configure: options =>
        {
            options.EventTimeout = s_timeout;
            configure?.Invoke(options);
        });

    private void Start(SimulatedEngine engine, IWatchStore store)
    {
        ChainWatchOptions options = new();
        options.FailFast.CriticalTimeout = s_critical;
        _health = new ChainWatchHealth(new ChainRegistry(engine.Registration), engine.Store, options, engine.Time);
        _health.Started();
        _watchdog = new Watchdog(_health, options.FailFast, _metrics, (code, reason) => _requested.Add((code, reason)), static _ => { }, _error, engine.Time, engine.Log.CreateLogger("watchdog"));
        // The watchdog has a source started anew from the thread pool.
        engine.Scheduler.AllowOtherThreads = true;
        engine.Start(store);
        engine.Scheduler.RunUntilIdle();
    }

    private void Look(SimulatedEngine engine, TimeSpan time, TimeSpan? mineEvery)
    {
        TimeSpan mined = TimeSpan.Zero;
        for (TimeSpan passed = TimeSpan.Zero; passed < time && _requested.Count == 0; passed += s_look)
        {
            engine.Scheduler.Advance(s_look);
            if (mineEvery is { } every && passed - mined >= every)
            {
                mined = passed;
                engine.Chain.MineEmpty(1);
            }

            Action? restart = engine.Status.Restart;
            int restarts = Restarts(engine);
            _states.Add(_watchdog!.Look().Chains[0].State);
            if (restart is not null && Restarts(engine) > restarts)
            {
                // It is asked for on the thread pool: virtual time must not run on before it is done.
                SpinWait.SpinUntil(
                    () =>
                    {
                        engine.Scheduler.RunUntilIdle();
                        return engine.Status.Restart != restart;
                    },
                    TimeSpan.FromMinutes(1)).ShouldBeTrue("the source was not started anew");
            }
        }
    }

    private static int Restarts(SimulatedEngine engine) => engine.Log.Of("Recovering").Count(static entry => entry.Message.Contains("restart_source", StringComparison.Ordinal));

    private void ExpectFailingToTheEnd(string notReady)
    {
        _states.SkipWhile(static state => state != HealthState.Failing).ShouldAllBe(static state => state == HealthState.Failing);
        Health.NotReady.ShouldBe(notReady, Health.Reason);
        _requested.ShouldHaveSingleItem().Code.ShouldBe(ChainWatchExitCode.RestartNeeded);
    }
}
