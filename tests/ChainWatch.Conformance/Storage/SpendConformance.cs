using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Conformance;

/// <summary>What every <see cref="IWatchStore"/> must do about the spending of payments' outputs, on chains that have outputs. Output n of a transaction here holds the ordinals from 10 n on.</summary>
public abstract class SpendConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates an empty store and makes it ready.</summary>
    protected abstract ValueTask<IWatchStore> CreateStoreAsync();

    [Fact]
    public async Task A_spending_is_recorded_with_all_payments_that_the_output_holds_and_with_no_other()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 2), Pay(Block(1), 1, ordinal: 10), Pay(Block(1), 1, ordinal: 13, asset: ConformanceChain.Token), Pay(Block(1), 1, ordinal: 20), Pay(Block(2), 2, ordinal: 10));
        BatchDraft draft = script.Draft(Blocks(3, 3));
        draft.Spends = [Spend(Block(3), 1, output: 1, by: 9)];

        CommitResult result = await script.CommitAsync(draft);

        Spending spending = new() { TransactionId = script.Chain.Format.FormatHash(Transaction(9)), Block = Point(3) };
        (await script.PaymentAsync(1, 10)).Spent.ShouldBe(spending);
        (await script.PaymentAsync(1, 13)).Spent.ShouldBe(spending);
        (await script.PaymentAsync(1, 20)).Spent.ShouldBeNull();
        (await script.PaymentAsync(2, 10)).Spent.ShouldBeNull();
        result.Events.ShouldNotContain(one => one.Payment.Spent != null);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(400)]
    public async Task A_payment_and_its_spending_may_come_with_one_batch(int blocks)
    {
        StoreScript script = await StartAsync();
        BatchDraft draft = script.Draft(Blocks(1, blocks), Pay(Block(1), 1), Pay(Block(1), 2));
        draft.Spends = [Spend(Block(1), 1, output: 0, by: 8), Spend(Block(2), 2, output: 0, by: 9)];

        CommitResult result = await script.CommitAsync(draft);

        (await script.PaymentAsync(1)).Spent!.Block.ShouldBe(Point(1));
        (await script.PaymentAsync(2)).Spent!.Block.ShouldBe(Point(2));
        result.Events.ShouldNotContain(one => one.Payment.Spent != null);
    }

    [Fact]
    public async Task A_rollback_takes_back_the_spendings_above_it_and_those_of_the_new_branch_come_in_their_place()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 2), Pay(Block(1), 1), Pay(Block(1), 2), Pay(Block(1), 3));
        BatchDraft spends = script.Draft(Blocks(3, 5));
        spends.Spends = [Spend(Block(3), 1, 0, by: 7), Spend(Block(4), 2, 0, by: 8), Spend(Block(5), 3, 0, by: 9)];
        await script.CommitAsync(spends);

        BatchDraft reorg = script.Draft(Blocks(4, 6, 'b', parent: 'a'));
        reorg.RollBackTo = Point(3);
        reorg.Spends = [Spend(Block(6, 'b'), 3, 0, by: 10)];
        await script.CommitAsync(reorg);

        (await script.PaymentAsync(1)).Spent!.Block.ShouldBe(Point(3));
        (await script.PaymentAsync(2)).Spent.ShouldBeNull();
        (await script.PaymentAsync(3)).Spent.ShouldBe(new Spending { TransactionId = script.Chain.Format.FormatHash(Transaction(10)), Block = Point(6, 'b') });
    }

    [Fact]
    public async Task An_output_that_only_the_second_pass_found_is_looked_for_in_every_block_since()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        BatchDraft draft = script.Draft(Blocks(1, 10), Pay(Block(2), 1));
        draft.Finalized = Point(9);
        await script.CommitAsync(draft);

        (await script.Store.CommitSecondPassAsync(script.Again(Blocks(1, 2), Pay(Block(2), 1)), Token)).Outcome.ShouldBe(CommitOutcome.Committed);
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
        CommitResult found = await script.Store.CommitSecondPassAsync(script.Again(Blocks(3, 6), Pay(Block(4), 2), Pay(Block(5), 3)), Token);
        found.Events.Count(static one => one.Kind == PaymentEventKind.Detected).ShouldBe(2);

        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        (scan.FromHeight, scan.ToHeight).ShouldBe((4, 10));
        await PieceAsync(script, scan, Blocks(4, 10), [Pay(Block(4), 2), Pay(Block(5), 3)], [Spend(Block(7), 2, output: 0, by: 9)]);
        (await script.PaymentAsync(2)).Spent!.Block.ShouldBe(Point(7));
        (await script.PaymentAsync(3)).Spent.ShouldBeNull();
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_payment_that_moves_is_unspent_until_the_new_branch_spends_it()
    {
        StoreScript script = await StartAsync();
        BatchDraft draft = script.Draft(Blocks(1, 3), Pay(Block(2), 1), Pay(Block(2), 2), Pay(Block(2), 3));
        draft.Spends = [Spend(Block(3), 1, 0, by: 7), Spend(Block(3), 2, 0, by: 8), Spend(Block(3), 3, 0, by: 9)];
        await script.CommitAsync(draft);

        BatchDraft reorg = script.Draft(Blocks(2, 4, 'b', parent: 'a'), Pay(Block(3, 'b'), 1), Pay(Block(3, 'b'), 2));
        reorg.RollBackTo = Point(1);
        reorg.Spends = [Spend(Block(4, 'b'), 1, 0, by: 7), Spend(Block(4, 'b'), 3, 0, by: 9)];
        await script.CommitAsync(reorg);

        (await script.PaymentAsync(1)).Spent!.Block.ShouldBe(Point(4, 'b'));
        (await script.PaymentAsync(2)).Spent.ShouldBeNull();
        Payment gone = await script.PaymentAsync(3);
        gone.Status.ShouldBe(PaymentStatus.Retracted);
        gone.Spent.ShouldBeNull("what is no payment cannot be spent");
    }

    [Fact]
    public async Task The_outputs_to_look_for_are_the_unspent_ones_and_after_a_rollback_those_spent_above_it()
    {
        StoreScript script = await StartAsync();
        BatchDraft draft = script.Draft(
            Blocks(1, 5),
            Pay(Block(1), 1), Pay(Block(1), 2), Pay(Block(1), 3, ordinal: 20), Pay(Block(1), 3, ordinal: 21, asset: ConformanceChain.Token), Pay(Block(1), 4, ordinal: -1), Pay(Block(5), 5));
        draft.Spends = [Spend(Block(3), 1, 0, by: 7), Spend(Block(5), 2, 0, by: 8), Spend(Block(5), 99, 0, by: 8)];
        await script.CommitAsync(draft);
        await script.ReorgAsync(Point(4), Blocks(5, 5, 'b', parent: 'a'));
        BatchDraft again = script.Draft(Blocks(6, 6, 'b'));
        again.Spends = [Spend(Block(6, 'b'), 2, 0, by: 8)];
        await script.CommitAsync(again);

        (await OutputsAsync(script, spentAbove: null)).ShouldBe([new OutputId(Transaction(3), 2)], ignoreOrder: true);
        (await OutputsAsync(script, spentAbove: 2)).ShouldBe([new OutputId(Transaction(1), 0), new OutputId(Transaction(2), 0)], ignoreOrder: true);
        (await OutputsAsync(script, spentAbove: 3)).ShouldBe([new OutputId(Transaction(2), 0)]);
        (await OutputsAsync(script, spentAbove: 6)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_back_scan_that_finds_outputs_goes_on_to_the_cursor_to_see_them_spent()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));
        BackScan scan = (await script.Store.ReadBackScanAsync(script.Chain, (await script.WatchAsync([1], since: 2)).BackScanIds.ShouldHaveSingleItem(), Token)).ShouldNotBeNull();
        await script.ForwardAsync(Blocks(11, 15));

        await PieceAsync(script, scan, Blocks(2, 5), [Pay(Block(3), 1), Pay(Block(4), 2)], [Spend(Block(5), 1, 0, by: 7)]);

        BackScan longer = (await script.Store.ReadBackScanAsync(script.Chain, scan.Id, Token)).ShouldNotBeNull();
        (longer.FromHeight, longer.ToHeight).ShouldBe((6, 15));
        (await script.PaymentAsync(1)).Spent!.Block.ShouldBe(Point(5));
        await script.ForwardAsync(Blocks(16, 16));

        await PieceAsync(script, longer, Blocks(6, 15), [Pay(Block(4), 2)], [Spend(Block(14), 2, 0, by: 8)]);

        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
        (await script.PaymentAsync(2)).Spent!.Block.ShouldBe(Point(14));
    }

    [Fact]
    public async Task A_chain_of_accounts_has_no_outputs()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("accounts"));
        await script.LeadAsync();
        await script.ForwardAsync(Blocks(1, 2), Pay(Block(1), 1));
        await script.ReorgAsync(Point(1), Blocks(2, 3, 'b', parent: 'a'));

        (await OutputsAsync(script, spentAbove: null)).ShouldBeEmpty();
        (await OutputsAsync(script, spentAbove: 0)).ShouldBeEmpty();
        (await script.PaymentAsync(1)).Spent.ShouldBeNull();
    }

    private static async Task PieceAsync(StoreScript script, BackScan scan, BlockHeader[] blocks, PaymentFound[] payments, OutputSpent[] spends)
    {
        BackScanBatch piece = new()
        {
            Chain = script.Chain,
            Term = script.Term,
            BackScanId = scan.Id,
            Blocks = blocks,
            Payments = payments,
            Spends = spends,
            At = script.Now,
        };
        (await script.Store.CommitBackScanAsync(piece, Token)).Outcome.ShouldBe(CommitOutcome.Committed);
    }

    private static async Task<IReadOnlyList<OutputId>> OutputsAsync(StoreScript script, long? spentAbove) => await script.Store.ReadOutputsAsync(script.Chain, spentAbove, Token);

    private async Task<StoreScript> StartAsync()
    {
        StoreScript script = new(await CreateStoreAsync(), OfOutputs("outputs"));
        await script.LeadAsync();
        return script;
    }
}
