using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Conformance;

/// <summary>What every <see cref="IWatchStore"/> lets go when it is asked to, and what it keeps whatever it is asked.</summary>
public abstract class PruneConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Whether the store keeps every event until it is asked to let it go.</summary>
    protected abstract bool KeepsEvents { get; }

    /// <summary>Creates an empty store and makes it ready.</summary>
    protected abstract ValueTask<IWatchStore> CreateStoreAsync();

    /// <summary>The numbers of the events that the store still holds.</summary>
    protected abstract ValueTask<IReadOnlyList<PaymentEvent>> ReadEventsAsync(StoreScript script);

    [Fact]
    public async Task Headers_below_the_newest_final_block_go_and_those_from_it_on_stay_whatever_is_asked()
    {
        StoreScript script = await StartAsync("headers");
        await script.ForwardAsync(Blocks(1, 10));
        await script.ReorgAsync(Point(8), Blocks(9, 20, 'b', 'a'));
        await FinalAsync(script, Point(15, 'b'), Blocks(21, 22, 'b'));

        PruneResult dry = await script.Store.PruneAsync(All(script) with { DryRun = true }, Token);
        PruneResult result = await PruneAsync(script, All(script));

        dry.Blocks.ShouldBe(result.Blocks);
        result.Blocks.ShouldBeGreaterThanOrEqualTo(14);
        ScopeState state = await script.Store.LoadAsync(script.Chain, 0, Token);
        state.Known.ShouldBe([.. Enumerable.Range(15, 8).Select(static height => Point(height, 'b'))]);
        state.Finalized.ShouldBe(Point(15, 'b'));
        (await PruneAsync(script, All(script))).Total.ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_goes_before_anything_is_final()
    {
        StoreScript script = await StartAsync("nothing final");
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 100), Pay(Block(3), 1));
        await script.DeliverAllAsync();

        (await PruneAsync(script, All(script))).Total.ShouldBe(0);
    }

    [Fact]
    public async Task Only_what_is_old_enough_and_deep_enough_goes()
    {
        StoreScript script = await StartAsync("age");
        await FinalAsync(script, Point(90), Blocks(1, 100));

        (await PruneAsync(script, All(script) with { BlocksBefore = Block(31).Timestamp, BelowHeight = 1_000 })).Blocks.ShouldBe(30);
        (await PruneAsync(script, All(script) with { BelowHeight = 51 })).Blocks.ShouldBe(20);
    }

    [Fact]
    public async Task A_deep_reorg_right_above_the_newest_final_block_goes_as_if_nothing_had_been_pruned()
    {
        StoreScript pruned = await StartAsync("deep");
        StoreScript whole = await StartAsync("deep");
        foreach (StoreScript script in (StoreScript[])[pruned, whole])
        {
            await script.WatchAsync([1, 2]);
            await FinalAsync(script, Point(10), Blocks(1, 40), Pay(Block(5), 1), Pay(Block(12), 2), Pay(Block(30), 3, to: 2));
            if (script == pruned)
            {
                (await PruneAsync(script, All(script))).Blocks.ShouldBe(9);
            }

            await script.ReorgAsync(Point(10), Blocks(11, 45, 'b', 'a'), Pay(Block(13, 'b'), 2));
        }

        pruned.Events.Select(static one => (one.Kind, one.Payment)).ShouldBe(whole.Events.Select(static one => (one.Kind, one.Payment)));
        (await pruned.Store.ReadDigestsAsync(pruned.Chain, 1, 45, 16, Token)).ShouldBe(await whole.Store.ReadDigestsAsync(whole.Chain, 1, 45, 16, Token));
        (await pruned.Store.LoadAsync(pruned.Chain, 0, Token)).Cursor.ShouldBe(Point(45, 'b'));
    }

    [Fact]
    public async Task Coverage_says_of_every_block_that_it_was_read_after_its_ranges_became_one()
    {
        StoreScript script = await StartAsync("coverage");
        BatchDraft draft = script.Draft(Blocks(1, 30));
        draft.Coverage = [.. Enumerable.Range(0, 15).Select(static number => new CoverageRange((number * 2) + 1, (number * 2) + 2, number % 3 == 0 ? "one" : "two", 1))];
        draft.Finalized = Point(22);
        await script.CommitAsync(draft);

        (await PruneAsync(script, All(script) with { Limit = 4 })).Coverage.ShouldBeGreaterThan(5);

        IReadOnlyList<CoverageRange> coverage = await script.Store.ReadCoverageAsync(script.Chain, 0, 100, Token);
        coverage[0].ShouldBe(new CoverageRange(1, 20, "one, two", 1));
        long next = 1;
        foreach (CoverageRange range in coverage)
        {
            range.FromHeight.ShouldBe(next);
            next = range.ToHeight + 1;
        }

        next.ShouldBe(31);
        coverage[^1].Endpoint.ShouldBe("two");
    }

    [Fact]
    public async Task Ranges_with_a_gap_between_them_stay_apart()
    {
        StoreScript script = await StartAsync("second coverage");
        BatchDraft draft = script.Draft(Blocks(1, 30));
        draft.Coverage = [new CoverageRange(1, 10, "one", 1), new CoverageRange(11, 20, "three", 1), new CoverageRange(21, 30, "one", 1)];
        draft.Finalized = Point(30);
        await script.CommitAsync(draft);
        await script.Store.CommitSecondPassAsync(script.Again(Blocks(1, 10)), Token);

        await PruneAsync(script, All(script) with { BelowHeight = 11 });

        (await script.Store.ReadCoverageAsync(script.Chain, 0, 100, Token)).ShouldBe([.. draft.Coverage, new CoverageRange(1, 10, "two", 2)]);
        // The second pass goes on where it stood: the headers that it is held to are there.
        (await script.Store.CommitSecondPassAsync(script.Again(Blocks(11, 12)), Token)).Outcome.ShouldBe(CommitOutcome.Committed);
    }

    [Fact]
    public async Task A_second_pass_that_begins_after_pruning_begins_at_the_first_header_that_is_kept()
    {
        StoreScript script = await StartAsync("late second pass");
        await FinalAsync(script, Point(30), Blocks(1, 40));
        await PruneAsync(script, All(script) with { BelowHeight = 21 });

        CoverageRange next = (await script.Store.ReadSecondPassAsync(script.Chain, 0, Token)).ShouldNotBeNull();

        next.FromHeight.ShouldBe(21);
        (await script.Store.CommitSecondPassAsync(script.Again(Blocks(21, 25)), Token)).Outcome.ShouldBe(CommitOutcome.Committed);
    }

    [Fact]
    public async Task A_back_scan_reads_below_the_first_header_that_is_kept()
    {
        StoreScript script = await StartAsync("back scan");
        await FinalAsync(script, Point(30), Blocks(1, 40));
        await PruneAsync(script, All(script));
        await script.WatchAsync([1], since: 5);
        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();

        (await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(5, 40), Pay(Block(7), 1)), Token)).Outcome.ShouldBe(CommitOutcome.Committed);

        (await script.PaymentAsync(1)).Status.ShouldBe(PaymentStatus.Confirmed);
    }

    [Fact]
    public async Task Of_a_settled_payment_the_last_event_stays_and_of_an_undelivered_or_young_one_all()
    {
        StoreScript script = await StartAsync("events");
        await script.WatchAsync([1]);
        // The first is settled and delivered; the second is, but of its events one is undelivered; the third is not final.
        await script.ForwardAsync(Blocks(1, 5), Pay(Block(2), 1), Pay(Block(3), 2, confirmation: Confirmation.Blocks(8)));
        await script.DeliverAllAsync();
        await script.ForwardAsync(Blocks(6, 20), Pay(Block(16), 3));
        await FinalAsync(script, Point(15), Blocks(21, 22));
        Delivery[] undelivered = [(await script.TakeAsync())!, (await script.TakeAsync())!];
        int before = (await ReadEventsAsync(script)).Count;

        PruneResult result = await PruneAsync(script, All(script) with { Limit = 3 });
        foreach (Delivery delivery in undelivered)
        {
            await delivery.DisposeAsync();
        }

        IReadOnlyList<PaymentEvent> left = await ReadEventsAsync(script);
        (before, result.Events, left.Count).ShouldBe(KeepsEvents ? (6, 1, 5) : (6, 0, 6));
        foreach (Payment payment in await script.PaymentsAsync())
        {
            left.Last(one => one.Payment.Id == payment.Id).Payment.ShouldBe(payment);
        }

        (await script.DeliverAllAsync()).Count.ShouldBe(3);
        (await PruneAsync(script, All(script))).Events.ShouldBe(KeepsEvents ? 1 : 0);
    }

    [Fact]
    public async Task A_leader_that_was_replaced_prunes_nothing()
    {
        StoreScript script = await StartAsync("fenced");
        await FinalAsync(script, Point(30), Blocks(1, 40));
        PruneRequest request = All(script);
        await script.LeadAsync("another");

        (await script.Store.PruneAsync(request, Token)).IsFenced.ShouldBeTrue();

        (await script.Store.PruneAsync(request with { Term = null, Limit = 100 }, Token)).Blocks.ShouldBe(29);
    }

    /// <summary>All that may go.</summary>
    protected static PruneRequest All(StoreScript script) => new()
    {
        Chain = script.Chain,
        Term = script.Term,
        BelowHeight = long.MaxValue,
        BlocksBefore = DateTimeOffset.UtcNow.AddDays(1),
        CoverageBefore = DateTimeOffset.UtcNow.AddDays(1),
        EventsBefore = DateTimeOffset.UtcNow.AddDays(1),
        Limit = 7,
    };

    /// <summary>Prunes piece by piece to the end.</summary>
    protected static async Task<PruneResult> PruneAsync(StoreScript script, PruneRequest request)
    {
        PruneResult all = new();
        for (int piece = 0; piece < 1_000; piece++)
        {
            PruneResult result = await script.Store.PruneAsync(request, Token);
            result.IsFenced.ShouldBeFalse();
            all = all.Then(result);
            if (!result.HasMore)
            {
                return all;
            }

            request = request with { AfterEvent = result.EventsThrough };
        }

        throw new InvalidOperationException("Pruning does not come to an end.");
    }

    private static Task<CommitResult> FinalAsync(StoreScript script, ChainPoint final, IReadOnlyList<BlockHeader> blocks, params PaymentFound[] payments)
    {
        BatchDraft draft = script.Draft(blocks, payments);
        draft.Finalized = final;
        return script.CommitAsync(draft);
    }

    private async Task<StoreScript> StartAsync(string chain)
    {
        StoreScript script = new(await CreateStoreAsync(), Named(chain));
        await script.LeadAsync();
        return script;
    }
}
