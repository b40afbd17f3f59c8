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
    public void Without_a_quorum_the_other_endpoints_are_asked_nothing()
    {
        using SimulatedEngine engine = Create(quorum: 1, _first, _second);
        _second.IsDown = true;
        Pay(engine);
        engine.Scheduler.RunUntil(() => engine.Kinds.Count > 1, TimeSpan.FromMinutes(5)).ShouldBeTrue();
    }

    private static SimulatedEngine Create(int quorum, params SimulatedEndpoint[] endpoints) => new(confirmations: "1", endpoints: endpoints, configure: options =>
    {
        options.Quorum = quorum;
        options.PollInterval = TimeSpan.FromSeconds(1);
    });

    private static void Pay(SimulatedEngine engine)
    {
        engine.Start();
        engine.Watch("a");
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("a"), 5));
        engine.CatchUp();
    }
}
