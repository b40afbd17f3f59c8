using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Final blocks are read again through another endpoint, and what the first one left out is found.</summary>
public sealed class SecondPassTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly SimulatedEndpoint _first = new("first");
    private readonly SimulatedEndpoint _second = new("second");

    [Fact]
    public void A_payment_that_an_endpoint_leaves_out_is_found_through_another_and_told_loudly()
    {
        using SimulatedEngine engine = Create();
        using MetricRecorder metrics = new("ChainWatch", engine.MeterScope);
        _first.Hides = static _ => true;
        engine.Start();
        engine.Watch("a");
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("a"), 5));
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        engine.Events.ShouldBeEmpty();

        UntilPassed(engine, 15);

        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        engine.Ask(store => store.ReadOutboxAsync(CancellationToken.None)).Pending.ShouldBe(2, "it is delivered like any other");
        metrics.Sum("chainwatch.second.pass.found", ("chain", engine.Chain.Chain.Name)).ShouldBe(1);
        metrics.Sum("chainwatch.payments.detected").ShouldBe(1);
        LogEntry told = engine.Log.Of("SecondPassFound").ShouldHaveSingleItem();
        told.Message.ShouldContain("endpoint second: endpoint first had left it out");
    }

    [Fact]
    public void What_the_first_pass_found_is_not_told_twice()
    {
        using SimulatedEngine engine = Create();
        engine.Start();
        engine.Watch("a");
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("a"), 5));
        engine.Chain.MineEmpty(20);
        engine.CatchUp();

        UntilPassed(engine, 15);

        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        engine.Log.Of("SecondPassFound").ShouldBeEmpty();
    }

    [Fact]
    public void Only_what_is_final_is_read_again_and_not_before_its_time()
    {
        using SimulatedEngine engine = Create();
        engine.Start();
        engine.Chain.MineEmpty(20);
        engine.CatchUp();

        engine.Scheduler.Advance(TimeSpan.FromSeconds(20));
        SecondPass(engine).ShouldBeEmpty("the delay is not over");

        UntilPassed(engine, 15);
        engine.Scheduler.Advance(TimeSpan.FromMinutes(5));
        SecondPass(engine).ShouldBe([new CoverageRange(0, 15, "second", 2)], "the head is at 20, and 5 blocks make one final");
    }

    [Fact]
    public void After_a_restart_it_goes_on_where_it_stood()
    {
        using SimulatedEngine before = Create();
        int served = 0;
        _second.Hides = _ =>
        {
            served++;
            return false;
        };
        before.Start();
        before.Chain.Mine(before.Chain.Pay(SimulatedFormat.Address("a"), 5));
        before.Chain.MineEmpty(19);
        before.CatchUp();
        UntilPassed(before, 15);
        before.Stop();

        using SimulatedEngine after = Create(before);
        after.Chain.MineEmpty(3);
        after.Start();
        after.CatchUp();
        UntilPassed(after, 18);

        SecondPass(after).ShouldBe([new CoverageRange(0, 18, "second", 2)]);
        served.ShouldBe(1, "block 1 was read again once, by whoever led then");
    }

    [Fact]
    public void With_one_endpoint_there_is_none_and_it_says_so_once()
    {
        using SimulatedEngine engine = new(finalityDepth: 5, endpoints: [_first], configure: Soon);
        engine.Start();
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromMinutes(10));

        SecondPass(engine).ShouldBeEmpty();
        engine.Log.Of("SecondPassImpossible").ShouldHaveSingleItem();
    }

    [Fact]
    public void Nothing_is_read_again_where_it_is_turned_off()
    {
        using SimulatedEngine engine = new(finalityDepth: 5, endpoints: [_first, _second], configure: static options => options.SecondPass = false);
        engine.Start();
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromHours(1));

        SecondPass(engine).ShouldBeEmpty();
    }

    [Fact]
    public void While_no_other_endpoint_answers_it_waits_and_then_goes_on()
    {
        using SimulatedEngine engine = Create();
        _second.IsDown = true;
        engine.Start();
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromMinutes(5));
        SecondPass(engine).ShouldBeEmpty();
        engine.Log.Of("SecondPassFailed").ShouldNotBeEmpty();

        _second.IsDown = false;
        UntilPassed(engine, 15);
    }

    [Fact]
    public void An_endpoint_that_has_other_final_blocks_is_told_and_credits_nothing()
    {
        using SimulatedEngine engine = Create();
        engine.Watch("a");
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("a"), 5));
        engine.Chain.MineEmpty(20);
        MinedBlock other = engine.Chain.Head;
        engine.Chain.Reorg(21, [.. Enumerable.Repeat<IReadOnlyList<SimulatedTransaction>>([], 22)]);
        _second.StuckOn = other;
        engine.Start();
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => engine.Log.Of("SecondPassDisagrees").Count > 0, Patience).ShouldBeTrue();

        engine.Events.ShouldBeEmpty();
        SecondPass(engine).ShouldNotContain(static range => range.ToHeight > 0);
    }

    [Fact]
    public void While_the_first_pass_catches_up_it_asks_for_nothing()
    {
        using SimulatedEngine engine = new(finalityDepth: 5, endpoints: [_first, _second], configure: static options =>
        {
            Soon(options);
            options.BatchSize = 10;
        });
        engine.Start();
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => engine.Status.FinalizedHeight == 15, Patience).ShouldBeTrue();
        engine.Reader.Options.Latency = TimeSpan.FromSeconds(15);
        engine.Chain.MineEmpty(2_000);

        engine.Scheduler.RunUntil(() => engine.Cursor!.Value.Height > 500, TimeSpan.FromHours(2)).ShouldBeTrue();

        SecondPass(engine).ShouldBeEmpty("the tip comes first");
        engine.Reader.Options.Latency = TimeSpan.Zero;
        UntilPassed(engine, 500);
    }

    [Fact]
    public void What_spends_an_output_that_only_it_found_is_seen_in_every_later_block()
    {
        using SimulatedEngine engine = new(finalityDepth: 5, endpoints: [_first, _second], configure: Soon, chain: new SimulatedChain(hasOutputs: true));
        _first.Hides = static _ => true;
        engine.Start();
        engine.Watch("a");
        SimulatedTransaction paid = engine.Chain.Pay(SimulatedFormat.Address("a"), 5);
        engine.Chain.Mine(paid);
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        UntilPassed(engine, 15);
        engine.Scheduler.RunUntil(() => engine.Store.ReadBackScansAsync(engine.Chain.Chain, CancellationToken.None).AsTask().GetAwaiter().GetResult().Count == 0, Patience).ShouldBeTrue();

        SimulatedTransaction elsewhere = engine.Chain.Pay(SimulatedFormat.Address("elsewhere"), 1);
        MinedBlock spending = engine.Chain.Mine(new SimulatedTransaction(elsewhere.Id, elsewhere.Transfers) { Spends = [new OutputId(paid.Id, 0)] });
        engine.CatchUp();

        engine.Ask(store => store.ReadPaymentsAsync(engine.Chain.Chain, 10, CancellationToken.None)).ShouldHaveSingleItem().Spent.ShouldNotBeNull().Block.ShouldBe(spending.Point);
    }

    private static void Soon(ChainOptions options) => options.SecondPassDelay = TimeSpan.FromSeconds(30);

    private static IReadOnlyList<CoverageRange> SecondPass(SimulatedEngine engine) =>
        [.. engine.Ask(store => store.ReadCoverageAsync(engine.Chain.Chain, 0, long.MaxValue, CancellationToken.None)).Where(static range => range.Pass == 2)];

    private static void UntilPassed(SimulatedEngine engine, long height) =>
        engine.Scheduler.RunUntil(() => SecondPassed(engine) >= height, Patience).ShouldBeTrue($"the second pass is at {SecondPassed(engine)}");

    // Asked without the scheduler, which is running: the store answers at once.
    private static long SecondPassed(SimulatedEngine engine) =>
        engine.Store.ReadSecondPassAsync(engine.Chain.Chain, 0, CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } next ? next.FromHeight - 1 : long.MaxValue;

    private SimulatedEngine Create(SimulatedEngine? before = null) =>
        new(finalityDepth: 5, endpoints: [_first, _second], configure: Soon, store: before?.Store, chain: before?.Chain);
}
