using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Records of a chain of outputs against what it says is unspent.</summary>
public sealed class OutputReconciliationTests
{
    [Fact]
    public void What_is_unspent_and_what_is_spent_matches()
    {
        using ReconciliationBench bench = Create("a", "b");
        SimulatedTransaction paid = Paid(bench, "a", 5);
        Paid(bench, "b", 7);
        Spend(bench, paid);
        bench.Settle();

        bench.Reconcile().ShouldBeEmpty();
        bench.Last().Counts.Matched.ShouldBe(2);
    }

    [Fact]
    public void An_output_that_was_never_recorded_is_found_and_repaired_with_its_spending()
    {
        using ReconciliationBench bench = Create("a");
        SimulatedTransaction hidden = AccountReconciliationTests.Hidden(bench, "a", 5);
        bench.Settle();

        Discrepancy found = bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldHaveSingleItem();

        (found.Kind, found.TransactionId, found.FromHeight, found.OnChain, found.Repair).ShouldBe(
            (DiscrepancyKind.MissingPayment, bench.Chain.Chain.Format.FormatHash(hidden.Id), 1, 5, RepairState.Repaired));
        bench.Engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        Spend(bench, hidden);
        bench.Settle();
        bench.Reconcile().ShouldBeEmpty("the follower looks for the spending of what was repaired");
    }

    [Fact]
    public void A_row_too_much_is_found()
    {
        using ReconciliationBench bench = Create("a");
        bench.Settle();
        bench.Forge(bench.Chain.At(2)!, bench.Chain.Pay(SimulatedFormat.Address("a"), 9), "a", 9);

        Discrepancy found = bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldHaveSingleItem();

        (found.Kind, found.FromHeight, found.Repair).ShouldBe((DiscrepancyKind.ExtraPayment, 2, RepairState.Operator));
    }

    [Fact]
    public void A_changed_amount_is_found()
    {
        using ReconciliationBench bench = Create("a");
        SimulatedTransaction hidden = AccountReconciliationTests.Hidden(bench, "a", 5);
        bench.Settle();
        bench.Forge(bench.Chain.At(1)!, hidden, "a", 50);

        Discrepancy found = bench.Reconcile().ShouldHaveSingleItem();

        (found.Kind, found.Recorded, found.OnChain).ShouldBe((DiscrepancyKind.ChangedPayment, 50, 5));
    }

    [Fact]
    public void A_spending_that_nobody_noticed_is_found_and_repaired()
    {
        using ReconciliationBench bench = Create("a");
        // Recorded after its spending was followed past, so that nobody was looking for it.
        SimulatedTransaction hidden = AccountReconciliationTests.Hidden(bench, "a", 5);
        Spend(bench, hidden);
        bench.Settle();
        bench.Forge(bench.Chain.At(1)!, hidden, "a", 5);
        bench.Unspend(hidden);

        Discrepancy found = bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldHaveSingleItem();

        (found.Kind, found.Repair).ShouldBe((DiscrepancyKind.MissedSpending, RepairState.Repaired));
        bench.Reconcile().ShouldBeEmpty();
    }

    [Fact]
    public void A_spending_that_never_was_is_found()
    {
        using ReconciliationBench bench = Create("a");
        SimulatedTransaction paid = Paid(bench, "a", 5);
        bench.Settle();
        bench.Spend(paid, bench.Chain.At(3)!);

        bench.Reconcile().ShouldHaveSingleItem().Kind.ShouldBe(DiscrepancyKind.WrongSpending);
    }

    [Fact]
    public void What_was_there_before_the_watching_is_no_difference()
    {
        using ReconciliationBench bench = new(hasOutputs: true);
        bench.Pay("a", 1000);
        bench.Chain.MineEmpty(20);
        bench.Engine.Start();
        bench.Engine.CatchUp();
        bench.Engine.Watch("a");
        Paid(bench, "a", 5);
        bench.Settle();

        bench.Reconcile().ShouldBeEmpty();
    }

    [Fact]
    public void Where_all_blocks_are_read_what_was_spent_is_compared_too()
    {
        using ReconciliationBench bench = Create("a");
        SimulatedTransaction hidden = AccountReconciliationTests.Hidden(bench, "a", 5);
        Spend(bench, hidden);
        bench.Settle();
        bench.Reconcile().ShouldBeEmpty("it is not among the unspent any more");

        bench.Reconcile(new ReconciliationRequest { ReadBlocks = true }).ShouldHaveSingleItem().Kind.ShouldBe(DiscrepancyKind.MissingPayment);
    }

    private static ReconciliationBench Create(params string[] labels)
    {
        ReconciliationBench bench = new(hasOutputs: true);
        bench.Engine.Start();
        foreach (string label in labels)
        {
            bench.Engine.Watch(label);
        }

        return bench;
    }

    private static SimulatedTransaction Paid(ReconciliationBench bench, string label, int amount)
    {
        SimulatedTransaction paid = bench.Chain.Pay(SimulatedFormat.Address(label), amount);
        bench.Chain.Mine(paid);
        return paid;
    }

    private static void Spend(ReconciliationBench bench, SimulatedTransaction paid)
    {
        SimulatedTransaction spending = bench.Chain.Pay(SimulatedFormat.Address("elsewhere"), 1);
        bench.Chain.Mine(new SimulatedTransaction(spending.Id, spending.Transfers) { Spends = [new OutputId(paid.Id, 0)] });
    }
}
