using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Records of a chain of accounts against its balances: each kind of difference is found, traced to its block and explained, and what agrees is left alone.</summary>
public sealed class AccountReconciliationTests
{
    [Fact]
    public void What_agrees_matches()
    {
        using ReconciliationBench bench = Create("a", "b", "c");
        bench.Pay("a", 5);
        bench.Pay("b", 7, bench.Chain.Token);
        bench.Settle();

        bench.Reconcile().ShouldBeEmpty();

        bench.Last().Counts.ShouldBe(new ReconciliationCounts(3, 0, 0, 0, 0));
        bench.Last().Addresses.ShouldBe(3);
    }

    [Fact]
    public void A_payment_that_was_never_recorded_is_found_in_its_block()
    {
        using ReconciliationBench bench = Create("a", "b");
        SimulatedTransaction hidden = Hidden(bench, "a", 5);
        bench.Pay("a", 3);
        bench.Settle();

        Discrepancy found = bench.Reconcile().ShouldHaveSingleItem();

        found.Kind.ShouldBe(DiscrepancyKind.MissingPayment);
        found.Result.ShouldBe(ReconciliationResult.Missing);
        found.Address.ShouldBe(SimulatedFormat.Address("a"));
        found.TransactionId.ShouldBe(bench.Chain.Chain.Format.FormatHash(hidden.Id));
        found.FromHeight.ShouldBe(1);
        found.ToHeight.ShouldBe(1);
        found.OnChain.ShouldBe(5);
        found.Repair.ShouldBe(RepairState.None);
        bench.Last().Counts.ShouldBe(new ReconciliationCounts(1, 0, 1, 0, 0));
        bench.Engine.Log.Of("DiscrepancyFound").ShouldHaveSingleItem();
        bench.Reconcile().ShouldHaveSingleItem("as long as nobody repairs it, it is told each time").ShouldBe(found);
    }

    [Fact]
    public void What_is_missing_is_repaired_by_reading_its_block_again_and_credited_once()
    {
        using ReconciliationBench bench = Create("a");
        Hidden(bench, "a", 5);
        bench.Settle();
        bench.Engine.Events.ShouldBeEmpty();

        Discrepancy found = bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldHaveSingleItem();

        found.Repair.ShouldBe(RepairState.Repaired);
        bench.Engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        bench.Engine.Ask(store => store.ReadOutboxAsync(CancellationToken.None)).Pending.ShouldBe(2);
        List<AuditEntry> audit = bench.Engine.Scheduler.Run(async () => await bench.Engine.Store.ReadAuditAsync(0, CancellationToken.None).ToListAsync());
        audit.Where(static entry => entry.Action == "repair").ShouldHaveSingleItem().Details!.ShouldContain(SimulatedFormat.Address("a"));
        bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldBeEmpty();
        bench.Engine.Kinds.Count.ShouldBe(2);
    }

    [Fact]
    public void What_an_address_was_paid_between_its_removal_and_its_next_registration_is_nobodys()
    {
        using ReconciliationBench bench = Create("a", "b");
        bench.Settle();
        bench.Reconcile().ShouldBeEmpty();
        bench.Last().Counts.Matched.ShouldBe(2);
        bench.Engine.Scheduler.Run(() => bench.Engine.Watchlist.RemoveAsync(bench.Chain.Chain.Name, SimulatedFormat.Address("a"), CancellationToken.None));
        bench.Pay("a", 5);
        bench.Settle();
        bench.Engine.Watch("a");
        bench.Pay("b", 1);
        bench.Settle();
        int told = bench.Engine.Events.Count;

        bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldBeEmpty();

        bench.Engine.Events.Count.ShouldBe(told);
        bench.Engine.Events.ShouldAllBe(static one => one.Payment.Address == SimulatedFormat.Address("b"));
    }

    [Fact]
    public void A_row_too_much_is_found_and_left_to_the_operator()
    {
        using ReconciliationBench bench = Create("a");
        bench.Settle();
        SimulatedTransaction nowhere = bench.Chain.Pay(SimulatedFormat.Address("a"), 9);
        bench.Forge(bench.Chain.At(2)!, nowhere, "a", 9);

        Discrepancy found = bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldHaveSingleItem();

        (found.Kind, found.Result, found.Repair, found.FromHeight, found.Recorded).ShouldBe((DiscrepancyKind.ExtraPayment, ReconciliationResult.Extra, RepairState.Operator, 2, 9));
        bench.Engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed], "what the application was told is not taken back unasked");
    }

    [Fact]
    public void A_changed_amount_is_found_with_both_amounts()
    {
        using ReconciliationBench bench = Create("a");
        SimulatedTransaction hidden = Hidden(bench, "a", 5);
        bench.Settle();
        bench.Forge(bench.Chain.At(1)!, hidden, "a", 50);

        Discrepancy found = bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldHaveSingleItem();

        (found.Kind, found.Recorded, found.OnChain, found.Repair).ShouldBe((DiscrepancyKind.ChangedPayment, 50, 5, RepairState.Operator));
    }

    [Fact]
    public void What_the_owner_does_is_explained_once_and_no_alarm()
    {
        using ReconciliationBench bench = Create("a", "gas");
        bench.Pay("a", 100);
        bench.Pay("gas", 10);
        bench.State.Change(bench.Chain.Mine(), SimulatedFormat.Address("a"), -61, transactions: 1, moved: new BlockMovements { Sent = 60, Fees = 1 });
        bench.State.Change(bench.Chain.Mine(), SimulatedFormat.Address("gas"), -1, transactions: 1, moved: new BlockMovements { Fees = 1 });
        bench.Settle();

        IReadOnlyList<Discrepancy> found = bench.Reconcile();

        found.Select(static one => (one.Kind, one.FromHeight)).ShouldBe([(DiscrepancyKind.SpentByOwner, 3), (DiscrepancyKind.Gas, 4)], ignoreOrder: true);
        found.ShouldAllBe(static one => one.IsHarmless && !one.IsAlarm);
        bench.Last().Counts.Matched.ShouldBe(2);
        bench.Reconcile().ShouldBeEmpty("it agreed up to there");
    }

    [Fact]
    public void A_payment_that_is_missing_shows_although_the_owner_spent_all_of_it()
    {
        using ReconciliationBench bench = Create("a");
        Hidden(bench, "a", 5);
        bench.State.Change(bench.Chain.Mine(), SimulatedFormat.Address("a"), -5, transactions: 1, moved: new BlockMovements { Sent = 4, Fees = 1 });
        bench.Settle();

        bench.Reconcile().Select(static one => one.Kind).ShouldBe([DiscrepancyKind.MissingPayment, DiscrepancyKind.SpentByOwner], ignoreOrder: true);
    }

    [Theory]
    [InlineData(DiscrepancyKind.InternalTransfer, false, 0, false, ReconciliationResult.Missing)]
    [InlineData(DiscrepancyKind.Withdrawal, false, 7, false, ReconciliationResult.Matched)]
    [InlineData(DiscrepancyKind.Reward, false, 0, true, ReconciliationResult.Matched)]
    [InlineData(DiscrepancyKind.RebasingToken, true, 0, false, ReconciliationResult.Matched)]
    public void What_comes_in_without_a_payment_is_explained(DiscrepancyKind kind, bool token, int withdrawn, bool rewarded, ReconciliationResult result)
    {
        using ReconciliationBench bench = Create("a");
        bench.State.Change(bench.Chain.Mine(), SimulatedFormat.Address("a"), 7, token ? bench.Chain.Token : null, moved: new BlockMovements { Withdrawn = withdrawn, IsRewarded = rewarded });
        bench.Settle();

        Discrepancy found = bench.Reconcile().ShouldHaveSingleItem();

        (found.Kind, found.Result, found.FromHeight, found.Recorded, found.OnChain).ShouldBe((kind, result, 1, 0, 7));
    }

    [Fact]
    public void A_fee_on_a_transfer_is_told_from_a_rebase()
    {
        using ReconciliationBench bench = Create("a", "b");
        bench.State.Change(bench.Pay("a", 100, bench.Chain.Token), SimulatedFormat.Address("a"), -3, bench.Chain.Token);
        bench.Pay("b", 100, bench.Chain.Token);
        bench.State.Change(bench.Chain.Mine(), SimulatedFormat.Address("b"), -3, bench.Chain.Token);
        bench.Settle();

        bench.Reconcile().Select(static one => (one.Kind, one.Recorded, one.OnChain)).ShouldBe(
            [(DiscrepancyKind.FeeOnTransfer, 100, 97), (DiscrepancyKind.RebasingToken, 0, -3)], ignoreOrder: true);
    }

    [Fact]
    public void What_an_address_held_before_is_no_difference()
    {
        using ReconciliationBench bench = new();
        bench.Pay("a", 1000);
        bench.Chain.MineEmpty(20);
        bench.Engine.Start();
        bench.Engine.CatchUp();
        bench.Engine.Watch("a");
        bench.Pay("a", 5);
        bench.Settle();

        bench.Reconcile().ShouldBeEmpty();
    }

    [Fact]
    public void Without_old_state_the_first_time_says_so_and_the_next_ones_compare()
    {
        using ReconciliationBench bench = new(options: new ReconciliationOptions { MaxBlocks = 0 });
        bench.Pay("a", 1000);
        bench.Chain.MineEmpty(20);
        bench.State.Keeps = 25;
        bench.Engine.Start();
        bench.Engine.CatchUp();
        bench.Engine.Watch("a");
        bench.Chain.MineEmpty(20);
        bench.Settle();

        bench.Reconcile().ShouldHaveSingleItem().Kind.ShouldBe(DiscrepancyKind.NoOpeningBalance);
        bench.Last().Counts.Unknown.ShouldBe(1);

        bench.Reconcile().ShouldBeEmpty();
        bench.Endpoint.Hides = static _ => true;
        bench.Pay("a", 5);
        bench.Settle();
        bench.Endpoint.Hides = null;
        bench.Reconcile().ShouldHaveSingleItem().Kind.ShouldBe(DiscrepancyKind.MissingPayment, "the state of the blocks since then is there");
    }

    [Fact]
    public void Where_only_the_newest_state_is_known_the_blocks_are_read_again()
    {
        using ReconciliationBench bench = Create("a", "b");
        bench.State.KnowsOnlyNewest = true;
        bench.Pay("b", 1);
        bench.Settle();
        bench.Reconcile().ShouldAllBe(static one => one.Kind == DiscrepancyKind.NoOpeningBalance);

        Hidden(bench, "a", 5);
        bench.State.Change(bench.Chain.Mine(), SimulatedFormat.Address("b"), -1, transactions: 1);
        bench.Settle();

        bench.Reconcile().Select(static one => (one.Kind, one.TransactionId is null)).ShouldBe([(DiscrepancyKind.MissingPayment, false), (DiscrepancyKind.SpentByOwner, true)], ignoreOrder: true);
    }

    [Fact]
    public void Old_records_that_change_afterwards_are_found_although_they_agreed_before()
    {
        using ReconciliationBench bench = Create("a");
        bench.Pay("a", 5);
        bench.Settle();
        bench.Reconcile().ShouldBeEmpty();

        bench.Forge(bench.Chain.At(2)!, bench.Chain.Pay(SimulatedFormat.Address("a"), 9), "a", 9);

        bench.Reconcile().ShouldHaveSingleItem().Kind.ShouldBe(DiscrepancyKind.ExtraPayment);
    }

    [Fact]
    public void A_chain_that_moves_while_it_is_read_makes_no_difference()
    {
        using ReconciliationBench bench = Create("a");
        bench.State.KnowsOnlyNewest = true;
        bench.Pay("a", 5);
        bench.Settle();
        bench.Reconcile();
        SimulatedTransaction paid = bench.Chain.Pay(SimulatedFormat.Address("a"), 3);
        bench.Chain.Mine(paid);
        bench.Engine.CatchUp();

        // The state is that of a block which is replaced before the records are read: the payment moves, and another comes.
        int times = 0;
        bench.State.BeforeAnswer = () =>
        {
            if (++times is 2 or 3)
            {
                bench.Chain.Reorg(1, [[bench.Chain.Pay(SimulatedFormat.Address("a"), 100)], [paid]]);
            }
        };

        bench.Reconcile().ShouldBeEmpty();
        bench.Last().Counts.Matched.ShouldBe(1);
    }

    [Fact]
    public void Addresses_share_the_reading_of_their_blocks()
    {
        string[] labels = [.. Enumerable.Range(1, 10).Select(static number => $"address {number}")];
        long one = CallsFor(labels[..1]);
        one.ShouldBeGreaterThan(0);
        CallsFor(labels).ShouldBe(one);

        static long CallsFor(string[] watched)
        {
            using ReconciliationBench bench = Create(watched);
            bench.State.KnowsOnlyNewest = true;
            bench.Pay(watched[0], 1);
            bench.Settle();
            long before = bench.Engine.Reader.Calls;
            bench.Reconcile(new ReconciliationRequest { Addresses = [.. watched.Select(static label => SimulatedFormat.Key(label))] }).Count.ShouldBe(watched.Length);
            return bench.Engine.Reader.Calls - before;
        }
    }

    [Fact]
    public void A_difference_that_was_only_in_a_block_which_is_replaced_meanwhile_is_not_told()
    {
        using ReconciliationBench bench = new(options: new ReconciliationOptions { MaxBlocks = 0 });
        SlowStateReader slow = new(bench.State, bench.Engine.Time);
        bench.Engine.ReadStateBy(slow);
        bench.Engine.Start();
        bench.Engine.Watch("a");
        bench.State.KnowsOnlyNewest = true;
        bench.Settle();
        bench.Reconcile().ShouldHaveSingleItem().Kind.ShouldBe(DiscrepancyKind.NoOpeningBalance);
        Hidden(bench, "a", 5);
        bench.Chain.MineEmpty(1);
        bench.Engine.CatchUp();

        // Told and recorded are those of the newest block. While the state in between is asked for, which is not to be had, these blocks are replaced by others, which are committed.
        slow.BeforeSecond = () => bench.Chain.ReorgEmpty(2, 3);

        bench.Reconcile().ShouldBeEmpty();
        slow.BeforeSecond.ShouldBeNull("the difference was there, and looked into");
        bench.Last().Counts.Matched.ShouldBe(1);
    }

    [Fact]
    public void Where_all_blocks_are_read_each_payment_is_compared_whatever_the_balance_says()
    {
        using ReconciliationBench bench = Create("a", "b");
        bench.State.TellsSent = false;
        SimulatedTransaction hidden = Hidden(bench, "a", 5);
        bench.State.Change(bench.Chain.At(1)!, SimulatedFormat.Address("a"), -5);
        bench.Pay("b", 2);
        bench.Settle();
        bench.Reconcile().ShouldBeEmpty("nobody can tell from the balance: it came and went");

        Discrepancy found = bench.Reconcile(new ReconciliationRequest { ReadBlocks = true }).ShouldHaveSingleItem();

        (found.Kind, found.TransactionId).ShouldBe((DiscrepancyKind.MissingPayment, bench.Chain.Chain.Format.FormatHash(hidden.Id)));
    }

    [Fact]
    public void A_range_of_blocks_and_chosen_addresses_are_compared_alone()
    {
        using ReconciliationBench bench = Create("a", "b");
        Hidden(bench, "a", 5);
        Hidden(bench, "b", 5);
        bench.Settle();

        bench.Reconcile(new ReconciliationRequest { Addresses = [SimulatedFormat.Key("b")] }).ShouldHaveSingleItem().Address.ShouldBe(SimulatedFormat.Address("b"));
        bench.Reconcile(new ReconciliationRequest { FromHeight = 2, ToHeight = 6 }).ShouldHaveSingleItem().FromHeight.ShouldBe(2);
    }

    internal static ReconciliationBench Create(params string[] labels)
    {
        ReconciliationBench bench = new();
        bench.Engine.Start();
        foreach (string label in labels)
        {
            bench.Engine.Watch(label);
        }

        return bench;
    }

    /// <summary>A payment that the follower's endpoint leaves out; later it is honest.</summary>
    internal static SimulatedTransaction Hidden(ReconciliationBench bench, string label, int amount)
    {
        SimulatedTransaction hidden = bench.Chain.Pay(SimulatedFormat.Address(label), amount);
        bench.Endpoint.Hides = transaction => transaction.Id == hidden.Id;
        bench.Chain.Mine(hidden);
        bench.Engine.CatchUp();
        bench.Endpoint.Hides = null;
        return hidden;
    }
}
