using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Conformance;

/// <summary>What every <see cref="IWatchStore"/> must do with final blocks that are read a second time.</summary>
public abstract class SecondPassConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates an empty store and makes it ready.</summary>
    protected abstract ValueTask<IWatchStore> CreateStoreAsync();

    [Fact]
    public async Task It_goes_on_range_by_range_where_it_stands()
    {
        StoreScript script = await StartAsync("ranges");
        (await NextAsync(script)).ShouldBeNull();
        BatchDraft draft = script.Draft(Blocks(1, 10));
        draft.Coverage = [new CoverageRange(1, 4, "one", 1), new CoverageRange(5, 7, "two", 1), new CoverageRange(8, 10, "one", 1)];
        draft.Finalized = Point(9);
        await script.CommitAsync(draft);

        (await NextAsync(script)).ShouldBe(new CoverageRange(1, 4, "one", 1));
        await AgainAsync(script, Blocks(1, 2));
        (await NextAsync(script)).ShouldBe(new CoverageRange(3, 4, "one", 1));
        await AgainAsync(script, Blocks(3, 4));
        (await NextAsync(script)).ShouldBe(new CoverageRange(5, 7, "two", 1));
        (await script.Store.ReadCoverageAsync(script.Chain, 1, 10, Token)).ShouldBe([.. draft.Coverage, new CoverageRange(1, 4, "two", 2)]);
    }

    [Fact]
    public async Task What_the_first_pass_missed_is_recorded_confirmed_and_delivered_and_what_it_found_is_left_alone()
    {
        StoreScript script = await StartAsync("missed");
        await script.WatchAsync([1], PaymentReference.For("order", "7"));
        await FinalAsync(script, Blocks(1, 10), Pay(Block(2), 1));

        CommitResult result = await AgainAsync(script, Blocks(1, 5), Pay(Block(2), 1), Pay(Block(3), 2));

        result.Events.Select(static one => (one.Kind, one.Payment.Id.TransactionId)).ShouldBe(
            [(PaymentEventKind.Detected, Transaction(2)), (PaymentEventKind.Confirmed, Transaction(2))]);
        result.Events.ShouldAllBe(static one => one.Payment.Reference == PaymentReference.For("order", "7"));
        (await script.PaymentAsync(2)).Status.ShouldBe(PaymentStatus.Confirmed);
        (await script.DeliverAllAsync()).Count.ShouldBe(4);
        (await script.PaymentsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_payment_that_the_first_pass_had_no_reason_to_find_is_left_out()
    {
        StoreScript script = await StartAsync("no reason");
        await FinalAsync(script, Blocks(1, 10));
        await script.WatchAsync([1]); // from block 11 on
        await script.WatchAsync([2], since: 3); // which a back-scan is to read

        (await AgainAsync(script, Blocks(1, 5), Pay(Block(4), 1, to: 1), Pay(Block(4), 2, to: 2), Pay(Block(4), 3, to: 3))).Events.ShouldBeEmpty();

        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(3, 8)), Token);
        CommitResult after = await AgainAsync(script, Blocks(6, 9), Pay(Block(7), 4, to: 2), Pay(Block(9), 5, to: 2));
        after.Events.Select(static one => one.Payment.Id.TransactionId).Distinct().ShouldBe([Transaction(4)], customMessage: "the back-scan had read block 7, and has not read block 9");
    }

    [Fact]
    public async Task A_piece_that_does_not_fit_is_refused()
    {
        StoreScript script = await StartAsync("unfit");
        await script.WatchAsync([1]);
        BatchDraft draft = script.Draft(Blocks(1, 10));
        draft.Coverage = [new CoverageRange(1, 6, "one", 1), new CoverageRange(7, 10, "two", 1)];
        draft.Finalized = Point(5);
        await script.CommitAsync(draft);
        SecondPassBatch right = script.Again(Blocks(1, 5), Pay(Block(3), 1));

        SecondPassBatch[] wrong =
        [
            script.Again(Blocks(2, 5), Pay(Block(3), 1)),
            script.Again([]),
            script.Again(Blocks(1, 6), Pay(Block(3), 1)),
            script.Again([Block(1), Block(2), Block(3, 'b', parent: 'a')], Pay(Block(3, 'b'), 1)),
            new() { Chain = right.Chain, Term = right.Term, Endpoint = "one", Blocks = right.Blocks, Payments = right.Payments, At = right.At },
        ];
        foreach (SecondPassBatch piece in wrong)
        {
            (await script.Store.CommitSecondPassAsync(piece, Token)).Outcome.ShouldBe(CommitOutcome.CursorMoved);
        }

        (await script.PaymentsAsync()).ShouldBeEmpty();
        (await NextAsync(script)).ShouldBe(new CoverageRange(1, 6, "one", 1));
        (await script.Store.CommitSecondPassAsync(right, Token)).Outcome.ShouldBe(CommitOutcome.Committed);
        (await script.Store.CommitSecondPassAsync(right, Token)).Outcome.ShouldBe(CommitOutcome.CursorMoved, "it stands behind them now");
    }

    [Fact]
    public async Task A_piece_of_an_older_term_is_refused()
    {
        StoreScript old = await StartAsync("terms");
        await old.WatchAsync([1]);
        await FinalAsync(old, Blocks(1, 10));
        StoreScript next = new(old.Store, old.Chain);
        await next.LeadAsync();

        (await old.Store.CommitSecondPassAsync(old.Again(Blocks(1, 5), Pay(Block(3), 1)), Token)).Outcome.ShouldBe(CommitOutcome.Fenced);
        (await old.PaymentsAsync()).ShouldBeEmpty();
        (await AgainAsync(next, Blocks(1, 5), Pay(Block(3), 1))).Events.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_rollback_takes_back_what_was_read_above_it()
    {
        StoreScript script = await StartAsync("rollback");
        await FinalAsync(script, Blocks(1, 10));
        await AgainAsync(script, Blocks(1, 9));

        // Below what was final: no follower does that, but one whose database was replaced by an older replica comes near it.
        await script.ReorgAsync(Point(6), Blocks(7, 11, 'b', 'a'));

        (await NextAsync(script)).ShouldBe(new CoverageRange(7, 11, "one", 1));
    }

    private static async Task<CoverageRange?> NextAsync(StoreScript script) => await script.Store.ReadSecondPassAsync(script.Chain, partition: 0, Token);

    private static async Task<CommitResult> AgainAsync(StoreScript script, IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments)
    {
        CommitResult result = await script.Store.CommitSecondPassAsync(script.Again(blocks, payments), Token);
        result.Outcome.ShouldBe(CommitOutcome.Committed);
        return result;
    }

    private static Task<CommitResult> FinalAsync(StoreScript script, IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments)
    {
        BatchDraft draft = script.Draft(blocks, payments);
        draft.Finalized = blocks[^1].Point;
        return script.CommitAsync(draft);
    }

    private async Task<StoreScript> StartAsync(string chain)
    {
        StoreScript script = new(await CreateStoreAsync(), Named(chain));
        await script.LeadAsync();
        return script;
    }
}
