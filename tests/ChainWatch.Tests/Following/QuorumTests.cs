using System.Threading.Channels;
using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Payments are confirmed when enough endpoints hold the same block; the cursor does not wait for that.</summary>
public sealed class QuorumTests
{
    private readonly SimulatedEndpoint _first = new("first");
    private readonly SimulatedEndpoint _second = new("second");
    private readonly SimulatedEndpoint _third = new("third");

    [Fact]
    public void A_payment_is_confirmed_when_another_endpoint_holds_its_block_too()
    {
        using SimulatedEngine engine = Create(quorum: 2, _first, _second);
        _second.Lag = 5;
        Pay(engine);
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        engine.Cursor.ShouldBe(engine.Chain.Head.Point, "the cursor does not wait");
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);

        engine.Chain.MineEmpty(6);
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => engine.Kinds.Count > 1, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public void A_payment_is_confirmed_when_the_other_endpoint_stays_some_blocks_behind()
    {
        using SimulatedEngine engine = Create(quorum: 2, _first, _second);
        _second.Lag = 5;
        Pay(engine);
        Mine(engine, TimeSpan.FromMinutes(10));

        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public void One_that_is_late_is_waited_for_also_where_a_third_holds_other_blocks()
    {
        using QuorumBench bench = new("second", "third");
        bench.Reader.Answer = (endpoint, header) =>
            endpoint == "third" ? Answer<BlockHeader>.Found(new BlockHeader { Point = new ChainPoint(header.Point.Height, header.ParentHash), ParentHash = header.ParentHash, Timestamp = header.Timestamp })
            : header.Point.Height > bench.Chain.Head.Height - 5 ? Answer<BlockHeader>.NotYet("it is late")
            : Answer<BlockHeader>.Found(header);

        bench.Mine(50);

        bench.Quorum.Height.ShouldBeGreaterThan(bench.Chain.Head.Height - 15);
    }

    [Fact]
    public void A_block_that_nobody_else_can_read_any_more_is_given_up_for_the_newest_after_minutes()
    {
        using QuorumBench bench = new("second");
        long lost = bench.Chain.Head.Height + 1;
        bench.Reader.Answer = (_, header) => header.Point.Height == lost ? Answer<BlockHeader>.Unknown("it is pruned") : Answer<BlockHeader>.Found(header);

        bench.Mine(40);
        bench.Quorum.Height.ShouldBeLessThan(lost, "it may still come");
        bench.Mine(20);

        bench.Quorum.Height.ShouldBeGreaterThan(lost);
    }

    [Fact]
    public void Where_others_hold_another_block_nothing_is_confirmed_and_it_is_told()
    {
        using SimulatedEngine engine = Create(quorum: 2, _first, _second);
        using MetricRecorder metrics = new("ChainWatch", engine.MeterScope);
        engine.Chain.MineEmpty(3);
        _second.StuckOn = engine.Chain.Head;
        engine.Start();
        engine.Watch("a");
        engine.Chain.Reorg(1, [engine.Chain.Pay(SimulatedFormat.Address("a"), 5)]);
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => engine.Log.Of("QuorumDisagrees").Count > 0, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        metrics.Sum("chainwatch.quorum.disagreements").ShouldBeGreaterThan(0);
        engine.Log.Of("QuorumDisagrees")[0].Message.ShouldContain("second");
    }

    [Fact]
    public void One_that_is_down_does_not_stand_in_the_way_of_enough_others()
    {
        using SimulatedEngine engine = Create(quorum: 2, _first, _second, _third);
        _second.IsDown = true;
        Pay(engine);
        engine.Scheduler.RunUntil(() => engine.Kinds.Count > 1, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public void Confirmations_that_wait_for_longer_than_the_event_timeout_degrade_the_chain_until_enough_agree_again()
    {
        using SimulatedEngine engine = Create(quorum: 2, _first, _second);
        Pay(engine);
        Mine(engine, TimeSpan.FromMinutes(1));
        Health(engine).State.ShouldBe(HealthState.Healthy);

        _second.IsDown = true;
        TimeSpan limit = engine.Registration.EventTimeout;
        Mine(engine, limit - TimeSpan.FromSeconds(24));
        Health(engine).State.ShouldBe(HealthState.Healthy);
        Mine(engine, TimeSpan.FromMinutes(1));
        ChainHealth health = Health(engine);
        health.State.ShouldBe(HealthState.Degraded);
        health.NotReady.ShouldBeNull("the cursor goes on");
        health.Reason.ShouldNotBeNull().ShouldStartWith("Confirmations wait: for ");
        health.Reason.ShouldContain("1 of the 2 endpoints that must agree");
        health.Reason.ShouldContain("'second'");

        _second.IsDown = false;
        Mine(engine, TimeSpan.FromSeconds(24));
        Health(engine).State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void An_endpoint_that_is_late_and_comes_on_degrades_nothing()
    {
        using SimulatedEngine engine = Create(quorum: 2, _first, _second);
        _second.Lag = 5;
        Pay(engine);
        for (int minute = 0; minute < 15; minute++)
        {
            Mine(engine, TimeSpan.FromMinutes(1));
            Health(engine).State.ShouldBe(HealthState.Healthy);
        }
    }

    [Fact]
    public void What_was_agreed_on_before_a_rollback_confirms_nothing_after_it()
    {
        using SimulatedEngine engine = Create(quorum: 2, _first, _second);
        engine.Start();
        engine.Watch("a");
        engine.Chain.MineEmpty(10);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(30)); // both hold block 10

        _second.StuckOn = engine.Chain.Head;
        engine.Chain.Reorg(2, [], [engine.Chain.Pay(SimulatedFormat.Address("a"), 5)], []);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromMinutes(2));
        engine.Kinds.ShouldBe([PaymentEventKind.Detected], "block 10 of the new branch is held by one endpoint only");

        _second.StuckOn = null;
        engine.Scheduler.RunUntil(() => engine.Kinds.Count > 1, TimeSpan.FromMinutes(5)).ShouldBeTrue();
    }

    [Fact]
    public void What_waits_for_the_chain_s_own_finality_waits_for_the_others_too()
    {
        using SimulatedEngine engine = Create(quorum: 2, confirmations: "finalized", _first, _second);
        _second.Lag = 20;
        Pay(engine);
        engine.Chain.MineEmpty(10);
        engine.Chain.MarkFinalized(engine.Chain.Head.Height);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        engine.Kinds.ShouldBe([PaymentEventKind.Detected], "the chain calls it final, and only one endpoint holds it");

        _second.Lag = 0;
        engine.Scheduler.RunUntil(() => engine.Kinds.Count > 1, TimeSpan.FromMinutes(5)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_answer_about_a_block_that_was_replaced_while_it_was_asked_for_agrees_to_nothing()
    {
        ManualTimeProvider time = new();
        SimulatedChain chain = new(timeProvider: time);
        chain.MineEmpty(3);
        BlockHeader old = chain.Head.Header;
        AskedReader reader = new();
        ChainRegistration registration = new()
        {
            Chain = chain.Chain,
            Status = new ChainStatus(chain.Chain, time),
            Options = new ChainOptions { Quorum = 2 },
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
            Reader = reader,
        };
        registration.Status.ReadEndpointsFrom(static () => [new EndpointStanding { Name = "first", Up = true, Rank = 1 }, new EndpointStanding { Name = "second", Up = true, Rank = 2 }]);
        using ChainWatchMetrics metrics = new();
        using LogRecorder log = new();
        Quorum quorum = Quorum.Create(registration, metrics, time, log.CreateLogger("quorum")).ShouldNotBeNull();
        using CancellationTokenSource stop = new();
        Task running = quorum.RunAsync(stop.Token);
        CancellationToken token = TestContext.Current.CancellationToken;

        quorum.Committed(old.Point, "first");
        TaskCompletionSource<BlockHeader> question = await reader.NextAsync(token);
        quorum.RolledBack(old.Point.Height - 1);
        chain.Reorg(1, []);
        quorum.Committed(chain.Head.Point, "first");
        question.SetResult(old);

        await reader.NextAsync(token);
        quorum.Height.ShouldBeLessThan(old.Point.Height);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Without_a_quorum_the_other_endpoints_are_asked_nothing()
    {
        using SimulatedEngine engine = Create(quorum: 1, _first, _second);
        _second.IsDown = true;
        Pay(engine);
        engine.Scheduler.RunUntil(() => engine.Kinds.Count > 1, TimeSpan.FromMinutes(5)).ShouldBeTrue();
    }

    private static SimulatedEngine Create(int quorum, params SimulatedEndpoint[] endpoints) => Create(quorum, "1", endpoints);

    private static SimulatedEngine Create(int quorum, string confirmations, params SimulatedEndpoint[] endpoints) => new(confirmations: confirmations, hasMarks: confirmations == "finalized", endpoints: endpoints, configure: options =>
    {
        options.Quorum = quorum;
        options.PollInterval = TimeSpan.FromSeconds(1);
        options.EventTimeout = TimeSpan.FromMinutes(5); // as of a chain with a block every twelve seconds
    });

    private static ChainHealth Health(SimulatedEngine engine) => ChainHealth.Of(engine.Registration, new ReadinessOptions(), started: true, storeError: null);

    private static void Mine(SimulatedEngine engine, TimeSpan duration)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < duration; passed += TimeSpan.FromSeconds(12))
        {
            engine.Chain.MineEmpty(1);
            engine.Scheduler.Advance(TimeSpan.FromSeconds(12));
        }
    }

    private static void Pay(SimulatedEngine engine)
    {
        engine.Start();
        engine.Watch("a");
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("a"), 5));
        engine.CatchUp();
    }

    /// <summary>Answers for the header at a height when the test says so.</summary>
    private sealed class AskedReader : IBlockReader
    {
        private readonly Channel<TaskCompletionSource<BlockHeader>> _asked = Channel.CreateUnbounded<TaskCompletionSource<BlockHeader>>();

        public async Task<TaskCompletionSource<BlockHeader>> NextAsync(CancellationToken cancellationToken) => await _asked.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);

        public async ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken)
        {
            TaskCompletionSource<BlockHeader> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await _asked.Writer.WriteAsync(answer, cancellationToken);
            return Answer<BlockHeader>.Found(await answer.Task.WaitAsync(cancellationToken));
        }

        public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
