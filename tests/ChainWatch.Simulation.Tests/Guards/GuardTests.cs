using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>One test for each guard of the engine that random histories survive without: their end is right, but they told more than had happened.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly Bench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Another_head_at_the_same_height_is_not_believed_at_a_glance()
    {
        Begin();
        MinedBlock sibling = _bench.Chain.Attach(_bench.Chain.Head.Parent!);

        for (int glance = 0; glance < 5; glance++)
        {
            _bench.Endpoint.StuckOn = sibling;
            _bench.Look(2);
            _bench.Endpoint.StuckOn = null;
            _bench.Look(1);
        }

        _bench.Settle();
        _bench.RollBacks.ShouldBe(0);
        _bench.Kinds.ShouldBe([PaymentEventKind.Detected]);
    }

    [Fact]
    public void Another_head_at_the_same_height_is_followed_when_it_stays()
    {
        Begin();

        _bench.Chain.ReorgSame(1, extra: 0);
        _bench.Settle();

        _bench.RollBacks.ShouldBe(1);
        _bench.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved]);
    }

    [Fact]
    public void A_branch_that_was_left_for_a_longer_one_has_to_insist_before_it_is_followed_back()
    {
        Begin();
        MinedBlock left = _bench.Chain.Head;
        _bench.Chain.ReorgSame(1, extra: 0);
        _bench.Settle();

        // A node that never heard of the new branch, for longer than a new branch would need.
        _bench.Endpoint.StuckOn = left;
        _bench.Look(6);
        _bench.Endpoint.StuckOn = null;
        _bench.Settle();

        _bench.RollBacks.ShouldBe(1);
    }

    [Fact]
    public void A_branch_that_was_left_is_followed_back_when_it_insists()
    {
        Begin();
        MinedBlock left = _bench.Chain.Head;
        _bench.Chain.ReorgSame(1, extra: 0);
        _bench.Settle();

        _bench.Chain.SwitchTo(left);
        _bench.Settle();

        _bench.RollBacks.ShouldBe(2);
    }

    [Fact]
    public void A_head_that_falls_behind_on_our_own_branch_takes_nothing_back()
    {
        Begin();

        _bench.Endpoint.Lag = 3;
        _bench.Look(30);
        _bench.Endpoint.Lag = 0;
        _bench.Settle();

        _bench.RollBacks.ShouldBe(0);
    }

    [Fact]
    public void A_chain_that_got_shorter_takes_nothing_back_until_it_grows_otherwise()
    {
        Begin();

        _bench.Chain.RollBack(1);
        _bench.Look(100);
        _bench.RollBacks.ShouldBe(0);
        _bench.Chain.Mine();
        _bench.Settle();

        _bench.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted]);
    }

    [Fact]
    public void A_node_that_lags_in_the_middle_of_a_new_branch_does_not_make_what_is_further_up_pass_for_gone()
    {
        Begin();
        SimulatedTransaction paid = _bench.Chain.Head.Transactions[0];

        // The payment moves to the end of the new branch. The node shows all of it, is asked for it, and falls back in the middle of the answer.
        _bench.Chain.Reorg(1, [], [], [paid]);
        _bench.Scheduler.RunUntil(() => _bench.RollBacks == 1, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        _bench.Endpoint.Lag = 1;
        _bench.Look(4);
        _bench.Endpoint.Lag = 0;
        _bench.Settle();

        _bench.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved]);
    }

    [Fact]
    public void A_reorg_that_is_deeper_than_a_batch_moves_what_it_keeps()
    {
        using Bench bench = new(maxBlocks: 5, batchSize: 2);
        bench.Chain.MineEmpty(30);
        bench.Register(bench.Address);
        bench.Start();
        bench.Settle();
        bench.Chain.Mine(bench.Chain.Pay(bench.Address, 5));
        bench.Settle();

        bench.Chain.ReorgSame(20);
        bench.Settle();

        bench.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved]);
    }

    [Fact]
    public void One_contradicting_look_is_no_finality_violation_and_the_same_several_times_is()
    {
        Begin();
        _bench.Chain.MineEmpty(5);
        _bench.Settle();
        _bench.Chain.MarkFinalized(_bench.Chain.Head.Height - 2);
        _bench.Look(3);
        _bench.Oracle.Finalized.ShouldBe(_bench.Chain.Finalized!.Point);

        // A branch below the final block, seen twice, is gone again.
        MinedBlock old = _bench.Chain.Head;
        _bench.Chain.ReorgEmpty(4, 6);
        _bench.Look(2);
        _bench.Chain.SwitchTo(old);
        _bench.Chain.Mine();
        _bench.Settle();
        _bench.Engine!.Failure.ShouldBeNull();

        long commits = _bench.Oracle.Commits;
        _bench.Chain.ReorgEmpty(5, 9);
        _bench.Look(30);

        _bench.Engine.Failure.ShouldBeOfType<FinalityViolationException>();
        _bench.Oracle.Commits.ShouldBe(commits);
    }

    [Fact]
    public void A_mark_that_is_missing_for_a_moment_does_not_make_depth_decide()
    {
        using Bench bench = new(finalityDepth: 2);
        bench.Chain.MineEmpty(20);
        bench.Chain.MarkFinalized(5);
        bench.Start();
        bench.Settle();

        bench.Options[SimulatedFault.NoMarks] = 1;
        bench.Chain.Mine();
        bench.Look(10);

        bench.Oracle.Marks.Finalized.ShouldBe(5);
    }

    [Fact]
    public void An_endpoint_that_answers_nothing_is_asked_ever_more_slowly()
    {
        Begin();
        long before = _bench.Reader.Calls;

        _bench.Options[SimulatedFault.TooManyRequests] = 1;
        _bench.Scheduler.Advance(TimeSpan.FromMinutes(10));

        (_bench.Reader.Calls - before).ShouldBeInRange(5, 80);
    }

    [Fact]
    public void A_header_that_was_not_asked_for_is_not_walked_from()
    {
        Begin();
        _bench.Chain.MineEmpty(10);
        _bench.Settle();

        _bench.Chain.ReorgEmpty(1, 1);
        _bench.Options[SimulatedFault.WrongBlock] = 1;
        _bench.Look(10);
        _bench.Options[SimulatedFault.WrongBlock] = 0;
        _bench.Settle();

        _bench.Knobs.LastTarget.ShouldBe(_bench.Chain.Head.Parent!.Point);
        _bench.RollBacks.ShouldBe(1);
    }

    [Fact]
    public void A_back_scan_that_cannot_go_on_does_not_ask_without_end()
    {
        Begin();
        _bench.Chain.MineEmpty(10);
        _bench.Settle();

        // The follower is kept from seeing the new branch, and the back-scan sees only that one.
        using Bench other = _bench;
        string late = SimulatedFormat.Address("late");
        other.Chain.ReorgEmpty(3, 3);
        long before = other.Reader.Calls;
        other.Scheduler.Start(() => new Watchlist(other.Store, [other.Chain.Chain], new EngineSignals(), other.Time).AddAsync("sim", late, null, 0, CancellationToken.None));
        other.Look(2);

        (other.Reader.Calls - before).ShouldBeLessThan(30);
        other.Settle();
    }

    [Theory]
    [InlineData(150, false)]
    [InlineData(31, true)]
    public void A_back_scan_takes_nothing_from_a_branch_that_ends_where_the_store_knows_no_blocks(long startHeight, bool endsAtTheBranch)
    {
        using Bench bench = new(maxBlocks: 5, batchSize: 5, startHeight: startHeight);
        bench.Chain.MineEmpty(20);
        bench.Chain.Mine(bench.Chain.Pay(bench.Address, 5));
        bench.Chain.MineEmpty(9);
        MinedBlock abandoned = bench.Chain.Head;
        bench.Chain.ReorgEmpty(10, 12);
        bench.Chain.MineEmpty(200);
        if (endsAtTheBranch)
        {
            // It was registered before the chain began, so it ends right below the first block: at the abandoned head.
            bench.BeginRegistering(bench.Address, since: 10);
        }

        bench.Start();
        bench.Scheduler.RunUntil(() => bench.Oracle.Cursor is { } cursor && (endsAtTheBranch || cursor == bench.Chain.Head.Point), TimeSpan.FromMinutes(1));

        bench.Endpoint.StuckOn = abandoned;
        if (!endsAtTheBranch)
        {
            bench.BeginRegistering(bench.Address, since: 10);
        }

        bench.Look(30);
        bench.Kinds.ShouldBeEmpty("the payment is in a block that is not of the chain");
        bench.Endpoint.StuckOn = null;
        bench.Settle();
        bench.Kinds.ShouldBeEmpty("the payment is in a block that is not of the chain");
        bench.Pending.ShouldBe(0);
    }

    [Fact]
    public void Blocks_are_given_back_when_an_engine_stops()
    {
        Begin();
        _bench.Chain.MineEmpty(50);
        _bench.Scheduler.RunSteps(20);
        _bench.Engine!.Stop();
        _bench.Scheduler.Advance(TimeSpan.FromMinutes(1));

        _bench.Engine.HasEnded.ShouldBeTrue();
        _bench.Reader.OutstandingBlocks.ShouldBe(0);
    }

    [Fact]
    public void What_is_prefetched_is_bounded()
    {
        using Bench bench = new(batchSize: 10);
        bench.Chain.MineEmpty(2000);
        int most = 0;
        bench.Scheduler.BeforeStep = _ => most = Math.Max(most, bench.Reader.OutstandingBlocks);

        bench.Start();
        bench.Settle();

        // A batch that waits for its commit, and what was asked for ahead of it.
        most.ShouldBeLessThan(1100);
        bench.Reader.OutstandingBlocks.ShouldBe(0);
    }

    [Fact]
    public void A_reorg_of_any_depth_from_1_to_64_moves_what_it_keeps_and_retracts_what_it_drops()
    {
        for (int depth = 1; depth <= 64; depth++)
        {
            using Bench bench = new(finalityDepth: 80);
            bench.Register(bench.Address);
            SimulatedTransaction kept = bench.Chain.Pay(bench.Address, 1);
            SimulatedTransaction dropped = bench.Chain.Pay(bench.Address, 2);
            bench.Chain.MineEmpty(5);
            bench.Chain.Mine(kept, dropped);
            bench.Chain.MineEmpty(depth - 1);
            bench.Start();
            bench.Settle();

            bench.Chain.Reorg(depth, [[kept], .. Enumerable.Repeat<IReadOnlyList<SimulatedTransaction>>([], depth)]);
            bench.Settle();

            bench.Oracle.Events.Where(one => one.Payment.Id.TransactionId == kept.Id && one.Kind != PaymentEventKind.Confirmed).Select(one => one.Kind)
                .ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved]);
            bench.Oracle.Payments[new PaymentId(dropped.Id, 0)].Status.ShouldBe(PaymentStatus.Retracted);
        }
    }

    /// <summary>A chain of six blocks, with a payment in its head that the engine has detected.</summary>
    private void Begin()
    {
        _bench.Chain.MineEmpty(5);
        _bench.Register(_bench.Address);
        _bench.Start();
        _bench.Settle();
        _bench.Chain.Mine(_bench.Chain.Pay(_bench.Address, 5));
        _bench.Settle();
        _bench.Kinds.ShouldBe([PaymentEventKind.Detected]);
    }
}
