using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>The engine follows reorgs: what both branches hold is moved, the rest retracted, each once.</summary>
public sealed class ReorgTests
{
    private static readonly string A = SimulatedFormat.Address("a");

    [Fact]
    public void Starts_at_a_height_and_reads_every_block_to_the_head()
    {
        using SimulatedEngine engine = new(startHeight: 3);
        engine.Chain.MineEmpty(40);
        engine.Start();
        engine.CatchUp();
        CoverageRange coverage = engine.Store.ReadCoverage(engine.Chain.Chain).ShouldHaveSingleItem();
        (coverage.FromHeight, coverage.ToHeight).ShouldBe((3, 40));
    }

    [Fact]
    public void Starts_at_the_head_when_no_height_is_given()
    {
        using SimulatedEngine engine = new(startHeight: null);
        engine.Chain.MineEmpty(5);
        engine.Start();
        engine.CatchUp();
        engine.Chain.MineEmpty(2);
        engine.CatchUp();
        engine.Store.ReadCoverage(engine.Chain.Chain)[0].FromHeight.ShouldBe(5);
    }

    [Fact]
    public void Detects_a_payment_and_confirms_it_at_its_depth()
    {
        using SimulatedEngine engine = new(confirmations: "3");
        engine.Watch("a");
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        engine.Chain.MineEmpty(1);
        engine.CatchUp();
        engine.Kinds.Count.ShouldBe(1);
        engine.Chain.MineEmpty(1);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        engine.Events[1].Payment.Reference.ShouldBe(PaymentReference.For("order", "a"));
    }

    [Fact]
    public void A_transaction_that_both_branches_hold_is_moved_with_one_event()
    {
        using SimulatedEngine engine = new();
        SimulatedTransaction payment = engine.Chain.Pay(A, 5);
        engine.Watch("a");
        engine.Start();
        engine.Chain.Mine(payment);
        engine.CatchUp();
        engine.Chain.Reorg(1, [], [payment]);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved]);
        engine.Events[1].Payment.Block.ShouldBe(engine.Chain.Head.Point);
    }

    [Fact]
    public void A_transaction_that_the_new_branch_lacks_is_retracted_and_detected_again_when_it_comes_back()
    {
        using SimulatedEngine engine = new();
        SimulatedTransaction payment = engine.Chain.Pay(A, 5);
        engine.Watch("a");
        engine.Start();
        engine.Chain.MineEmpty(1);
        engine.Chain.Mine(payment);
        engine.CatchUp();
        engine.Chain.ReorgEmpty(1, 2);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted]);
        engine.Chain.Mine(payment);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted, PaymentEventKind.Detected]);
        engine.Events.Select(static one => one.Payment.Id).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_reorg_while_offline_is_found_at_the_next_start()
    {
        InMemoryWatchStore store = new();
        SimulatedEngine first = new(store: store);
        SimulatedChain chain = first.Chain;
        first.Watch("a");
        first.Start();
        chain.MineEmpty(5);
        chain.Mine(chain.Pay(A, 5));
        first.CatchUp();
        first.Dispose();
        chain.ReorgEmpty(4, 30);
        using SimulatedEngine second = new(store: store, chain: chain);
        second.Start();
        second.CatchUp();
        second.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted]);
        CoverageRange coverage = store.ReadCoverage(chain.Chain).ShouldHaveSingleItem();
        (coverage.FromHeight, coverage.ToHeight).ShouldBe((0, chain.Head.Height));
    }

    [Fact]
    public void A_chain_that_gets_shorter_is_followed_once_it_shows_another_block()
    {
        using SimulatedEngine engine = new();
        engine.Watch("a");
        engine.Start();
        engine.Chain.MineEmpty(5);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.CatchUp();
        engine.Chain.RollBack(3);
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        engine.Chain.MineEmpty(1);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted]);
    }

    [Fact]
    public void Another_head_at_the_same_height_is_followed_only_when_it_stays()
    {
        using SimulatedEngine engine = new();
        engine.Watch("a");
        engine.Start();
        engine.Chain.MineEmpty(3);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.CatchUp();
        MinedBlock ours = engine.Chain.Head;
        MinedBlock other = engine.Chain.ReorgEmpty(1, 1);
        engine.Scheduler.Advance(TimeSpan.FromSeconds(1.5));
        engine.Cursor.ShouldBe(ours.Point);
        engine.Chain.SwitchTo(ours);
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        engine.Chain.SwitchTo(other);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted]);
    }

    [Fact]
    public void An_endpoint_that_lags_retracts_nothing_and_moves_nothing()
    {
        using SimulatedEngine engine = new();
        engine.Watch("a");
        engine.Start();
        engine.Chain.MineEmpty(5);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.CatchUp();
        engine.Reader.Options.Endpoints[0].Lag = 4;
        engine.Scheduler.Advance(TimeSpan.FromMinutes(5));
        engine.Cursor.ShouldBe(engine.Chain.Head.Point);
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
    }

    [Fact]
    public void A_branch_that_was_left_for_a_longer_one_is_not_gone_back_to_because_a_node_is_stuck_on_it()
    {
        using SimulatedEngine engine = new();
        engine.Watch("a");
        engine.Start();
        engine.Chain.MineEmpty(5);
        MinedBlock old = engine.Chain.Head;
        engine.CatchUp();
        engine.Chain.Reorg(2, [engine.Chain.Pay(A, 5)], [], []);
        engine.CatchUp();
        engine.Reader.Options.Endpoints[0].StuckOn = old;
        engine.Scheduler.Advance(TimeSpan.FromSeconds(8));
        engine.Reader.Options.Endpoints[0].StuckOn = null;
        engine.Scheduler.Advance(TimeSpan.FromSeconds(30));
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public void Replacing_a_final_block_stops_the_engine()
    {
        using SimulatedEngine engine = new(finalityDepth: 4);
        using MetricRecorder metrics = new(ChainWatchTelemetry.MeterName, engine.MeterScope);
        engine.Start();
        engine.Chain.MineEmpty(10);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(10));
        ChainPoint before = engine.Cursor!.Value;
        metrics.Sum("chainwatch.reorgs.beyond.finality").ShouldBe(0);
        engine.Chain.ReorgEmpty(6, 8);
        Should.Throw<FinalityViolationException>(() => engine.Scheduler.Advance(TimeSpan.FromMinutes(5)));
        engine.Cursor.ShouldBe(before);
        metrics.Sum("chainwatch.reorgs.beyond.finality", ("chain", engine.Chain.Chain.Name)).ShouldBe(1);
    }

    [Fact]
    public void A_reorg_down_to_the_final_block_is_followed()
    {
        using SimulatedEngine engine = new(finalityDepth: 4);
        engine.Start();
        engine.Chain.MineEmpty(10);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(10));
        engine.Chain.ReorgEmpty(4, 6);
        engine.CatchUp();
    }

    [Fact]
    public void Confirms_by_the_chains_own_mark_only_when_the_mark_is_on_our_branch()
    {
        using SimulatedEngine engine = new(confirmations: "finalized", hasMarks: true);
        engine.Watch("a");
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Chain.MineEmpty(200);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        engine.Chain.MarkFinalized(1);
        engine.Scheduler.Advance(TimeSpan.FromSeconds(10));
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public void A_payment_lives_on_through_reorgs_after_its_address_was_removed()
    {
        using SimulatedEngine engine = new();
        SimulatedTransaction payment = engine.Chain.Pay(A, 5);
        engine.Watch("a");
        engine.Start();
        engine.Chain.Mine(payment);
        engine.CatchUp();
        engine.Scheduler.Run(() => engine.Watchlist.RemoveAsync(engine.Chain.Chain.Name, A, CancellationToken.None));
        engine.Chain.Reorg(1, [engine.Chain.Pay(A, 7)], [payment]);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved]);
        engine.Chain.MineEmpty(2);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved, PaymentEventKind.Confirmed]);
    }
}
