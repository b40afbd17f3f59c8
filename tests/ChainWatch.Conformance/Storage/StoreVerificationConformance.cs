using System.Numerics;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Conformance;

/// <summary>What every <see cref="IWatchStore"/> must show an operator who wants proof: digests of its payments, and a log of what was done that cannot be changed unseen.</summary>
public abstract class StoreVerificationConformance
{
    private static readonly BigInteger s_large = BigInteger.Parse("115792089237316195423570985008687907853269984665640564039457584007913129639935", System.Globalization.CultureInfo.InvariantCulture);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates an empty store and makes it ready.</summary>
    protected abstract ValueTask<IWatchStore> CreateStoreAsync();

    // ---- digests ---------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_digest_is_the_sum_of_the_digests_of_the_payments()
    {
        StoreScript script = await StartAsync("sums");
        BlockHeader[] blocks = Blocks(1, 40);
        await script.ForwardAsync(
            blocks,
            Pay(blocks[2], 1, amount: s_large, tag: "möwe:1;", from: "somebody"),
            Pay(blocks[2], 1, ordinal: 7, tag: ""),
            Pay(blocks[20], 2, to: 2, asset: ConformanceChain.Token),
            Pay(blocks[39], 3));

        DigestRange whole = (await script.Store.ReadDigestsAsync(script.Chain, 1, 40, 1, Token)).ShouldHaveSingleItem();

        IReadOnlyList<Payment> payments = await script.Store.ReadPaymentsAsync(script.Chain, 10, Token);
        whole.Digest.ShouldBe(payments.Aggregate(PaymentDigest.Empty, (sum, payment) => sum + PaymentDigest.Of(payment, script.Chain.Format)));
        (whole.FromHeight, whole.ToHeight, whole.Digest.Payments, whole.Digest.Confirmed).ShouldBe((1, 40, 4, 3));
    }

    [Fact]
    public async Task The_parts_of_a_range_add_up_to_the_whole()
    {
        StoreScript script = await StartAsync("parts");
        BlockHeader[] blocks = Blocks(1, 100);
        await script.ForwardAsync(blocks, [.. Enumerable.Range(0, 50).Select(number => Pay(blocks[number * 2], number, to: (number % 3) + 1))]);

        IReadOnlyList<DigestRange> parts = await script.Store.ReadDigestsAsync(script.Chain, 1, 100, 16, Token);

        parts.Select(static part => part.FromHeight).ShouldBe([1, 8, 15, 22, 29, 36, 43, 50, 57, 64, 71, 78, 85, 92, 99]);
        parts[^1].ToHeight.ShouldBe(100);
        parts.Aggregate(PaymentDigest.Empty, static (sum, part) => sum + part.Digest).ShouldBe((await script.Store.ReadDigestsAsync(script.Chain, 1, 100, 1, Token))[0].Digest);
    }

    [Fact]
    public async Task What_was_retracted_does_not_count_and_what_moved_counts_where_it_is()
    {
        StoreScript script = await StartAsync("moved");
        BlockHeader[] blocks = Blocks(1, 10);
        await script.ForwardAsync(blocks, Pay(blocks[8], 1), Pay(blocks[8], 2));
        BlockHeader[] others = Blocks(9, 11, 'b', 'a');
        await script.ReorgAsync(Point(8), others, Pay(others[1], 1));

        StoreScript straight = await StartAsync("moved");
        await straight.ForwardAsync([.. Blocks(1, 8), .. others], Pay(others[1], 1));

        (await DigestAsync(script)).ShouldBe(await DigestAsync(straight));
        (await DigestAsync(script)).Payments.ShouldBe(1);
    }

    [Fact]
    public async Task A_difference_is_found_in_its_block()
    {
        StoreScript one = await StartAsync("compared");
        StoreScript other = await StartAsync("compared");
        BlockHeader[] blocks = Blocks(1, 1000);
        PaymentFound[] payments = [.. Enumerable.Range(0, 200).Select(number => Pay(blocks[number * 5], number))];
        await one.ForwardAsync(blocks, payments);
        payments[77] = Pay(blocks[77 * 5], 77, amount: 101);
        payments[199] = Pay(blocks[(199 * 5) + 1], 199);
        await other.ForwardAsync(blocks, payments);

        IReadOnlyList<DigestDifference> all = await DigestComparison.FindAsync(one.Store, other.Store, one.Chain, 1, 1000, 10, Token);
        IReadOnlyList<DigestDifference> first = await DigestComparison.FindAsync(one.Store, other.Store, one.Chain, 1, 1000, 1, Token);
        IReadOnlyList<DigestDifference> none = await DigestComparison.FindAsync(one.Store, other.Store, one.Chain, 1, 385, 10, Token);

        all.Select(static difference => difference.Height).ShouldBe([386, 996, 997]);
        (all[0].Left.Payments, all[0].Right.Payments, all[1].Right.Payments, all[2].Left.Payments).ShouldBe((1, 1, 0, 0));
        first.ShouldHaveSingleItem().Height.ShouldBe(386);
        none.ShouldBeEmpty();
    }

    // ---- coverage --------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task One_question_answers_whether_a_block_was_read_for_an_address_when_and_through_whom()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("asked"));
        await script.LeadAsync();
        script.Now = DateTimeOffset.UtcNow;
        await script.WatchAsync([1]);
        script.Now = DateTimeOffset.UtcNow;
        BatchDraft draft = script.Draft(Blocks(1, 30));
        draft.Coverage = [new CoverageRange(1, 20, "one", 1), new CoverageRange(21, 30, "two", 1)];
        draft.Finalized = Point(30);
        await script.CommitAsync(draft);
        await script.Store.CommitSecondPassAsync(script.Again(Blocks(1, 12)), Token);
        DateTimeOffset after = DateTimeOffset.UtcNow;
        // Registered later: one from an earlier height on, one from now on, one whose back-scan is still to come.
        script.Now = after.AddHours(1);
        await script.WatchAsync([2], since: 5);
        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(5, 14)), Token);
        scan = (await script.Store.ReadBackScanAsync(script.Chain, scan.Id, Token))!;
        await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(15, 30)), Token);
        await script.WatchAsync([3]);
        await script.WatchAsync([4], since: 5);

        BlockCoverage early = await AskAsync(script, 1, 12);
        (early.IsRead, early.IsPending, early.Address!.FromHeight).ShouldBe((true, false, 0));
        early.Readings.Select(static one => (one.Pass, one.Endpoint)).ShouldBe([(1, "one"), (2, "two")]);
        early.Readings[0].NotBefore!.Value.ShouldBeInRange(after.AddMinutes(-2), after.AddMinutes(2));
        early.Readings[0].NotAfter.ShouldBe(early.Readings[0].NotBefore);
        (await AskAsync(script, 1, 25)).Readings.ShouldHaveSingleItem().Endpoint.ShouldBe("two");
        (await AskAsync(script, 1, 31)).IsRead.ShouldBeFalse("no such block was read yet");

        BlockCoverage scanned = await AskAsync(script, 2, 12);
        scanned.IsRead.ShouldBeTrue();
        scanned.Readings.Select(one => (one.Pass, one.Endpoint)).ShouldBe([(BlockReading.BackScanPass, "scanner"), (1, "one"), (2, "two")]);
        scanned.ReadFor(scanned.Readings[0]).ShouldBeTrue();
        scanned.ReadFor(scanned.Readings[1]).ShouldBeFalse("it was over before the address was registered");
        (await AskAsync(script, 2, 4)).IsRead.ShouldBeFalse("blocks count from 5 on");
        (await AskAsync(script, 3, 12)).IsRead.ShouldBeFalse("blocks count from 31 on");
        BlockCoverage pending = await AskAsync(script, 4, 12);
        (pending.IsRead, pending.IsPending).ShouldBe((false, true));
        (await AskAsync(script, 9, 12)).Address.ShouldBeNull();
        (await AskAsync(script, 9, 12)).IsRead.ShouldBeFalse();

        // What a reorg takes back was not read.
        await script.ReorgAsync(Point(10), Blocks(11, 12, 'b', 'a'));
        (await AskAsync(script, 2, 12)).Readings.ShouldNotContain(static one => one.Pass == BlockReading.BackScanPass);
        (await AskAsync(script, 2, 10)).Readings.ShouldContain(static one => one.Pass == BlockReading.BackScanPass);
    }

    // ---- audit -----------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task What_is_done_is_audited_with_who_did_it()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("audited"));
        await script.LeadAsync("leader-1");
        using (AuditActor.Is(@"o'neill\admin"))
        {
            await script.WatchAsync([1, 2, 3]);
        }

        await script.Store.RemoveAddressAsync(script.Chain, Address(2), Token);
        using (AuditActor.Is("operator"))
        {
            await script.Store.AuditAsync("rebuild", script.Chain.Name, "from height 7", Token);
        }

        List<AuditEntry> entries = await ReadAsync(script.Store);

        entries.Select(static entry => (entry.Id, entry.Action, entry.Entity)).ShouldBe([(1, "lead", "audited"), (2, "watch", "audited"), (3, "unwatch", "audited"), (4, "rebuild", "audited")]);
        entries[0].Details.ShouldBe("term 1 by leader-1");
        (entries[1].Actor, entries[1].Details).ShouldBe((@"o'neill\admin", "3 added: addr-1, addr-2, addr-3"));
        entries[2].Details.ShouldBe("1 removed: addr-2");
        (entries[3].Actor, entries[3].Details).ShouldBe(("operator", "from height 7"));
        entries[2].Actor.ShouldNotBe("operator");
        (await script.Store.ReadAuditAsync(3, Token).ToListAsync(Token)).ShouldHaveSingleItem().ShouldBe(entries[3]);
    }

    [Fact]
    public async Task A_request_for_the_next_key_is_audited_and_seen_by_all()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("keys"));
        await script.Store.RequestKeyRotationAsync("keys", "first", Token);
        using (AuditActor.Is("operator"))
        {
            await script.Store.RequestKeyRotationAsync("keys", "second", Token);
        }

        IReadOnlyList<KeyRotationRequest> all = await script.Store.ReadKeyRotationsAsync(0, Token);

        all.Select(static one => (one.Chain, one.Endpoint)).ShouldBe([("keys", "first"), ("keys", "second")]);
        (await script.Store.ReadKeyRotationsAsync(all[0].Id, Token)).ShouldBe([all[1]]);
        AuditEntry entry = (await ReadAsync(script.Store))[^1];
        (entry.Action, entry.Entity, entry.Actor, entry.Details).ShouldBe(("endpoint.key.requested", "keys/second", "operator", "the next key is to be used"));
    }

    [Fact]
    public async Task Replaying_a_parked_delivery_is_audited()
    {
        StoreScript script = await StartAsync("replayed");
        BlockHeader[] blocks = Blocks(1, 1);
        long sequence = (await script.ForwardAsync(blocks, Pay(blocks[0], 1))).Events[0].Sequence;
        await using (Delivery taken = (await script.TakeAsync()).ShouldNotBeNull())
        {
            await taken.ParkAsync(script.Now, "poison", Token);
        }

        using (AuditActor.Is("operator"))
        {
            (await script.Store.ReplayAsync(sequence, Token)).ShouldBeTrue();
        }

        (await script.Store.ReplayAsync(sequence, Token)).ShouldBeFalse();

        AuditEntry entry = (await ReadAsync(script.Store)).Where(static entry => entry.Action == "replay").ShouldHaveSingleItem();
        (entry.Entity, entry.Actor).ShouldBe(("replayed", "operator"));
        entry.Details.ShouldNotBeNull().ShouldContain($"event {sequence} of payment");
    }

    [Fact]
    public async Task An_audit_log_that_nobody_touched_is_intact()
    {
        StoreScript script = await StartAsync("intact");
        await script.Store.AuditAsync("note", "möwe", null, Token);
        await script.Store.AuditAsync("note", "", "", Token);

        AuditHead head = await script.Store.ReadAuditHeadAsync(Token);
        AuditVerdict verdict = await AuditVerification.VerifyAsync(script.Store.ReadAuditAsync(0, Token), head, head, Token);

        verdict.Problem.ShouldBeNull();
        verdict.Head.ShouldBe(head);
        head.Id.ShouldBe((await ReadAsync(script.Store)).Count);
    }

    private async Task<StoreScript> StartAsync(string chain)
    {
        StoreScript script = new(await CreateStoreAsync(), Named(chain));
        await script.LeadAsync();
        await script.WatchAsync([1, 2, 3]);
        return script;
    }

    private static async Task<PaymentDigest> DigestAsync(StoreScript script) =>
        (await script.Store.ReadDigestsAsync(script.Chain, 0, 1000, 1, Token)).ShouldHaveSingleItem().Digest;

    private static async Task<List<AuditEntry>> ReadAsync(IWatchStore store) => await store.ReadAuditAsync(0, Token).ToListAsync(Token);

    private static async Task<BlockCoverage> AskAsync(StoreScript script, int address, long height) => await script.Store.ReadBlockCoverageAsync(script.Chain, Address(address), height, Token);
}
