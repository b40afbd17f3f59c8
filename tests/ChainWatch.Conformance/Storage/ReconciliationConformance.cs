using System.Numerics;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Conformance;

/// <summary>What every <see cref="IReconciliationStore"/> must do.</summary>
public abstract class ReconciliationConformance
{
    private static readonly DateTimeOffset s_at = new(2026, 1, 1, 3, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates an empty store and makes it ready.</summary>
    protected abstract ValueTask<(IWatchStore Store, IReconciliationStore Reconciliations)> CreateStoreAsync();

    [Fact]
    public async Task A_run_is_kept_as_it_was_asked_for_and_taken_in_turn()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("asked");
        ReconciliationRequest whole = new() { RequestedBy = "schedule" };
        ReconciliationRequest some = new() { Addresses = [Address(2), Address(1)], FromHeight = 3, ToHeight = 9, ReadBlocks = true, Repair = true, RequestedBy = "alice" };
        (await store.ReadNextAsync(script.Chain, Token)).ShouldBeNull();

        long first = await store.RequestAsync(script.Chain, whole, s_at, Token);
        long second = await store.RequestAsync(script.Chain, some, s_at.AddMinutes(1), Token);

        ReconciliationRun next = (await store.ReadNextAsync(script.Chain, Token))!;
        (next.Id, next.State, next.RequestedAt, next.Request, next.Chain).ShouldBe((first, ReconciliationState.Queued, s_at, whole, script.Chain.Name));
        ReconciliationRun other = (await store.ReadRunAsync(script.Chain, second, Token))!;
        other.Request.Addresses.ShouldBe(some.Addresses);
        (other.Request with { Addresses = null }).ShouldBe(some with { Addresses = null });
        (await store.ReadRunsAsync(script.Chain, 10, Token)).Select(static run => run.Id).ShouldBe([second, first]);
        (await store.ReadRunAsync(Named("another"), first, Token)).ShouldBeNull();
        List<AuditEntry> audit = await script.Store.ReadAuditAsync(0, Token).ToListAsync(Token);
        audit.Count(static entry => entry.Action == "reconcile").ShouldBe(2);
    }

    [Fact]
    public async Task Progress_is_kept_whole_and_a_run_that_is_done_is_not_taken_again()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("progress");
        long id = await store.RequestAsync(script.Chain, new ReconciliationRequest(), s_at, Token);
        ReconciliationRun run = (await store.ReadRunAsync(script.Chain, id, Token))! with
        {
            State = ReconciliationState.Running,
            StartedAt = s_at.AddSeconds(1),
            Position = Address(7),
            Addresses = 9,
            Counts = new ReconciliationCounts(1, 2, 3, 4, 5),
            Point = Point(8),
        };
        Discrepancy[] found =
        [
            new()
            {
                Address = "addr-1", Result = ReconciliationResult.Missing, Kind = DiscrepancyKind.MissingPayment, Asset = "COIN", TransactionId = script.Chain.Format.FormatHash(Transaction(1)), Ordinal = 2,
                FromHeight = 3, ToHeight = 3, OnChain = BigInteger.Pow(2, 255), Details = "It is missing.", Repair = RepairState.Queued,
            },
            new() { Address = "addr-2", Result = ReconciliationResult.Unknown, Kind = DiscrepancyKind.NoOpeningBalance, FromHeight = 0, ToHeight = 5, Recorded = -4, Details = "Who knows." },
        ];

        (await store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run, Found = [found[0]] }, Token)).ShouldBeTrue();
        (await store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run, Found = [found[1]] }, Token)).ShouldBeTrue();

        (await store.ReadRunAsync(script.Chain, id, Token)).ShouldBe(run);
        (await store.ReadNextAsync(script.Chain, Token))!.Id.ShouldBe(id);
        (await store.ReadDiscrepanciesAsync(script.Chain, id, 10, Token)).ShouldBe(found);
        (await store.ReadDiscrepanciesAsync(script.Chain, id, 1, Token)).ShouldBe([found[0]]);
        run = run with { State = ReconciliationState.Done, EndedAt = s_at.AddHours(1) };
        await store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run }, Token);
        (await store.ReadNextAsync(script.Chain, Token)).ShouldBeNull();
        (await store.ReadRunAsync(script.Chain, id, Token)).ShouldBe(run);
    }

    [Fact]
    public async Task Of_two_leaders_only_the_newest_moves_a_run_on_or_repairs()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("fenced");
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 5));
        long id = await store.RequestAsync(script.Chain, new ReconciliationRequest(), s_at, Token);
        ReconciliationRun run = (await store.ReadRunAsync(script.Chain, id, Token))!;
        long old = script.Term;
        await script.LeadAsync("other");
        Discrepancy found = new() { Address = "addr-1", Result = ReconciliationResult.Missing, Kind = DiscrepancyKind.MissingPayment, FromHeight = 3, ToHeight = 3, Details = "" };

        (await store.SaveAsync(script.Chain, old, new ReconciliationProgress { Run = run with { State = ReconciliationState.Done }, Found = [found] }, Token)).ShouldBeFalse();
        (await store.RepairAsync(script.Chain, old, [Address(1)], 2, 3, "old", Token)).ShouldBeNull();

        (await store.ReadRunAsync(script.Chain, id, Token)).ShouldBe(run);
        (await store.ReadDiscrepanciesAsync(script.Chain, id, 10, Token)).ShouldBeEmpty();
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Addresses_come_in_the_order_of_their_keys_with_what_is_known_about_them()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("subjects");
        await script.WatchAsync([5, 3, 4], PaymentReference.For("order", "7"));
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(4), 1, to: 3), Pay(Block(6), 2, to: 3));
        await script.WatchAsync([1], since: 2);
        ReconciledState agreed = new()
        {
            Key = Address(4),
            Point = Point(6),
            Sent = 3,
            Balances = [new AssetBalance(Coin, 12), new AssetBalance(Token2, 0)],
            Recorded = [new AssetBalance(Coin, 10), new AssetBalance(Token2, 0)],
        };
        long id = await store.RequestAsync(script.Chain, new ReconciliationRequest(), s_at, Token);
        ReconciliationRun run = (await store.ReadRunAsync(script.Chain, id, Token))!;
        await store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run, Reconciled = [agreed] }, Token);

        IReadOnlyList<ReconciliationSubject> page = await store.ReadSubjectsAsync(script.Chain, run.Request, after: null, 3, Token);
        IReadOnlyList<ReconciliationSubject> rest = await store.ReadSubjectsAsync(script.Chain, run.Request, page[^1].Address.Key, 3, Token);

        page.Select(static one => (one.Address.Key, one.FirstPayment, one.IsBeingRead)).ShouldBe([(Address(1), null, true), (Address(3), 4L, false), (Address(4), null, false)]);
        rest.Select(static one => one.Address.Key).ShouldBe([Address(5)]);
        page[1].Address.Reference.ShouldBe(PaymentReference.For("order", "7"));
        page[1].Last.ShouldBeNull();
        ReconciledState last = page[2].Last.ShouldNotBeNull();
        (last.Point, last.Sent).ShouldBe((agreed.Point, agreed.Sent));
        last.Balances.ShouldBe(agreed.Balances);
        last.Recorded.ShouldBe(agreed.Recorded);
        (await store.CountSubjectsAsync(script.Chain, run.Request, Token)).ShouldBe(4);

        ReconciliationRequest some = new() { Addresses = [Address(5), Address(99), Address(3)] };
        (await store.CountSubjectsAsync(script.Chain, some, Token)).ShouldBe(2);
        (await store.ReadSubjectsAsync(script.Chain, some, after: null, 9, Token)).Select(static one => one.Address.Key).ShouldBe([Address(3), Address(5)]);
    }

    [Fact]
    public async Task A_state_whose_point_a_reorg_replaced_agrees_with_nothing()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("replaced");
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 9));
        long id = await store.RequestAsync(script.Chain, new ReconciliationRequest(), s_at, Token);
        ReconciliationRun run = (await store.ReadRunAsync(script.Chain, id, Token))!;
        ReconciledState agreed = new() { Key = Address(1), Point = Point(7), Balances = [new AssetBalance(Coin, 1)], Recorded = [new AssetBalance(Coin, 1)] };
        await store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run, Reconciled = [agreed] }, Token);
        (await store.ReadSubjectsAsync(script.Chain, run.Request, after: null, 1, Token))[0].Last.ShouldNotBeNull();

        await script.ReorgAsync(Point(5), Blocks(6, 10, 'b', 'a'));

        (await store.ReadSubjectsAsync(script.Chain, run.Request, after: null, 1, Token))[0].Last.ShouldBeNull();
    }

    [Fact]
    public async Task Records_are_read_only_while_their_point_is_canonical_and_passed()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("canonical");
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(2), 1));
        RecordedRange[] ranges = [new RecordedRange(Address(1), 0, 9)];

        (await store.ReadSumsAsync(script.Chain, Point(9), ranges, Token)).ShouldNotBeNull();
        (await store.ReadSumsAsync(script.Chain, Point(10), ranges, Token)).ShouldBeNull();
        (await store.ReadSumsAsync(script.Chain, Point(9, 'b'), ranges, Token)).ShouldBeNull();
        (await store.ReadPaymentsAsync(script.Chain, Point(9, 'b'), [Address(1)], 0, 9, withPoints: true, Token)).ShouldBeNull();
        (await store.FindPaymentsAsync(script.Chain, Point(9, 'b'), [new PaymentId(Transaction(1), 0)], Token)).ShouldBeNull();
        await script.ReorgAsync(Point(5), Blocks(6, 10, 'b', 'a'));
        (await store.ReadSumsAsync(script.Chain, Point(9), ranges, Token)).ShouldBeNull();
        (await store.ReadSumsAsync(script.Chain, Point(9, 'b'), ranges, Token)).ShouldNotBeNull();
        (await store.FindPointAsync(script.Chain, 9, Token)).ShouldBe(Point(9, 'b'));
        (await store.FindPointAsync(script.Chain, 11, Token)).ShouldBeNull();
        (await store.ReadFirstHeightAsync(script.Chain, Token)).ShouldBe(1);
        (await store.ReadFirstHeightAsync(Named("nothing"), Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Sums_are_exact_for_each_range_and_leave_out_what_is_retracted()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("sums");
        await script.WatchAsync([1, 2]);
        BigInteger huge = BigInteger.Pow(2, 256) - 1;
        await script.ForwardAsync(
            Blocks(1, 9), Pay(Block(2), 1, amount: huge), Pay(Block(3), 2, amount: 5), Pay(Block(3), 3, amount: 7, asset: Token2), Pay(Block(4), 4, to: 2, amount: 11), Pay(Block(8), 5, amount: 1000));
        await script.ReorgAsync(Point(7), Blocks(8, 10, 'b', 'a'));

        IReadOnlyList<IReadOnlyDictionary<string, BigInteger>> sums = (await store.ReadSumsAsync(
            script.Chain, Point(10, 'b'), [new(Address(1), 0, 2), new(Address(1), 3, 10), new(Address(2), 0, 3), new(Address(2), 4, 4), new(Address(1), 5, 4)], Token))!;

        sums[0].ShouldBe(new Dictionary<string, BigInteger> { ["COIN"] = huge });
        sums[1].ShouldBe(new Dictionary<string, BigInteger> { ["COIN"] = 5, ["TOKEN"] = 7 }, ignoreOrder: true);
        sums[2].ShouldBeEmpty();
        sums[3].ShouldBe(new Dictionary<string, BigInteger> { ["COIN"] = 11 });
        sums[4].ShouldBeEmpty();
    }

    [Fact]
    public async Task Payments_come_with_their_spending_and_the_points_of_their_range()
    {
        (IWatchStore watch, IReconciliationStore store) = await CreateStoreAsync();
        StoreScript script = new(watch, OfOutputs("payments"));
        await script.LeadAsync();
        await script.WatchAsync([1, 2]);
        BatchDraft draft = script.Draft(Blocks(1, 9), Pay(Block(2), 1), Pay(Block(4), 2), Pay(Block(5), 3, to: 2));
        draft.Spends = [Spend(Block(6), 2, 0, by: 8)];
        await script.CommitAsync(draft);

        RecordedPayments found = (await store.ReadPaymentsAsync(script.Chain, Point(9), [Address(1)], 3, 7, withPoints: true, Token))!;

        Payment payment = found.Payments.ShouldHaveSingleItem();
        (payment.Id.TransactionId, payment.Spent!.Block.Height).ShouldBe((Transaction(2), 6));
        found.Points.Values.ShouldBe([Point(3), Point(4), Point(5), Point(6), Point(7)], ignoreOrder: true);
        (await store.ReadPaymentsAsync(script.Chain, Point(9), [Address(2), Address(1)], 0, 9, withPoints: false, Token))!.Payments.Select(static one => one.Id.TransactionId)
            .ShouldBe([Transaction(1), Transaction(2), Transaction(3)]);
        IReadOnlyDictionary<PaymentId, Payment> byId = (await store.FindPaymentsAsync(script.Chain, Point(9), [new(Transaction(2), 0), new(Transaction(7), 0)], Token))!;
        byId.Keys.ShouldBe([new PaymentId(Transaction(2), 0)]);
        byId.Values.Single().Spent.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_repair_is_a_back_scan_that_is_audited()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("repair");
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 9));

        long id = (await store.RepairAsync(script.Chain, script.Term, [Address(1)], 4, 40, "reconciliation 7", Token))!.Value;
        (await store.RepairAsync(script.Chain, script.Term, [Address(1)], 10, 11, "beyond the cursor", Token)).ShouldBeNull();

        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        (scan.Id, scan.FromHeight, scan.ToHeight).ShouldBe((id, 4, 9));
        List<AuditEntry> audit = await script.Store.ReadAuditAsync(0, Token).ToListAsync(Token);
        audit.Where(static entry => entry.Action == "repair").ShouldHaveSingleItem().Details.ShouldBe("reconciliation 7");
        CommitResult result = await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(4, 9), Pay(Block(5), 1)), Token);
        result.Events.Select(static one => one.Kind).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public async Task Old_runs_go_with_what_they_found_but_never_the_last_one_the_last_of_the_schedule_or_one_that_is_not_done()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync("pruned");
        StoreScript other = new(script.Store, Named("not pruned"));
        await other.LeadAsync();
        long elsewhere = await RunAsync(other, store, day: 0, found: 1);
        long[] old = [await RunAsync(script, store, day: 0, found: 9), await RunAsync(script, store, day: 1, found: 0, by: ReconciliationRequest.ScheduledBy)];
        long scheduled = await RunAsync(script, store, day: 2, found: 1, by: ReconciliationRequest.ScheduledBy);
        long young = await RunAsync(script, store, day: 3, found: 2);
        long last = await RunAsync(script, store, day: 4, found: 1);
        long running = await RunAsync(script, store, day: 5, found: 1, state: ReconciliationState.Running);
        long queued = await store.RequestAsync(script.Chain, new ReconciliationRequest(), s_at.AddDays(6), Token);
        PruneRequest request = new() { Chain = script.Chain, Term = script.Term, BelowHeight = 0, ReconciliationsBefore = s_at.AddDays(3), Limit = 4 };

        (await script.Store.PruneAsync(request with { DryRun = true, Limit = 100 }, Token)).Reconciliations.ShouldBe(2);
        (await script.Store.PruneAsync(request with { Term = script.Term - 1 }, Token)).IsFenced.ShouldBeTrue();
        (await script.Store.PruneAsync(request with { ReconciliationsBefore = null }, Token)).Total.ShouldBe(0);
        (await RunIdsAsync()).ShouldBe([queued, running, last, young, scheduled, old[1], old[0]]);
        (await PruneAsync(request)).ShouldBe(2);
        (await RunIdsAsync()).ShouldBe([queued, running, last, young, scheduled]);
        (await store.ReadDiscrepanciesAsync(script.Chain, old[0], 10, Token)).ShouldBeEmpty();
        (await store.ReadDiscrepanciesAsync(script.Chain, young, 10, Token)).Count.ShouldBe(2);

        (await PruneAsync(request with { ReconciliationsBefore = s_at.AddYears(1) })).ShouldBe(1);
        (await RunIdsAsync()).ShouldBe([queued, running, last, scheduled], "the rest stays whatever is asked");
        (await store.ReadDiscrepanciesAsync(script.Chain, last, 10, Token)).Count.ShouldBe(1);
        (await store.ReadRunAsync(other.Chain, elsewhere, Token)).ShouldNotBeNull("it is another chain's");
        ReconciliationRun run = (await store.ReadRunAsync(script.Chain, running, Token))! with { State = ReconciliationState.Done, EndedAt = s_at.AddDays(7) };
        (await store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run }, Token)).ShouldBeTrue();
        (await store.ReadRunAsync(script.Chain, running, Token)).ShouldBe(run);

        async Task<long[]> RunIdsAsync() => [.. (await store.ReadRunsAsync(script.Chain, 100, Token)).Select(static run => run.Id)];

        async Task<long> PruneAsync(PruneRequest one)
        {
            long gone = 0;
            PruneResult piece;
            do
            {
                piece = await script.Store.PruneAsync(one, Token);
                gone += piece.Reconciliations;
            }
            while (piece.HasMore);
            return gone;
        }
    }

    private static async Task<long> RunAsync(StoreScript script, IReconciliationStore store, int day, int found, string by = "alice", ReconciliationState state = ReconciliationState.Done)
    {
        DateTimeOffset at = s_at.AddDays(day);
        long id = await store.RequestAsync(script.Chain, new ReconciliationRequest { RequestedBy = by }, at, Token);
        Discrepancy one = new() { Address = "addr-1", Result = ReconciliationResult.Missing, Kind = DiscrepancyKind.MissingPayment, FromHeight = 3, ToHeight = 3, Details = "It is missing." };
        ReconciliationRun run = (await store.ReadRunAsync(script.Chain, id, Token))! with { State = state, StartedAt = at, EndedAt = state == ReconciliationState.Done ? at.AddMinutes(1) : null };
        (await store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run, Found = [.. Enumerable.Repeat(one, found)] }, Token)).ShouldBeTrue();
        return id;
    }

    private static Asset Token2 => ConformanceChain.Token;

    private async Task<(StoreScript Script, IReconciliationStore Store)> StartAsync(string name)
    {
        (IWatchStore store, IReconciliationStore reconciliations) = await CreateStoreAsync();
        StoreScript script = new(store, Named(name));
        await script.LeadAsync();
        return (script, reconciliations);
    }
}
