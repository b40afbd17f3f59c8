using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Npgsql;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresRebuildTests(PostgresServerFixture postgres) : IAsyncLifetime
{
    private static readonly PaymentReference s_order = PaymentReference.For("order", "7");
    private PostgresTestStore _test = null!;
    private StoreScript _live = null!;
    private PostgresRebuild _rebuild = null!;
    private StoreScript _rebuilt = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Equal_records_stay_as_they_are_and_nothing_is_delivered_again()
    {
        await BothAsync();
        await _live.DeliverAllAsync();
        IReadOnlyList<Payment> before = await _live.PaymentsAsync();

        RebuildComparison found = await SwitchAsync();

        (found.FromHeight, found.ToHeight, found.Payments, found.Differing).ShouldBe((1, 40, 5, 0));
        (await _live.PaymentsAsync()).ShouldBe(before);
        (await _live.DeliverAllAsync()).ShouldBeEmpty();
        (await _test.ReadEventsAsync(_live.Chain)).Count.ShouldBe(10);
    }

    [Theory]
    [InlineData("delete from $schema$.payment where tx_id = $tx$; delete from $schema$.payment_event where tx_id = $tx$", "missing", "Detected Confirmed")]
    [InlineData("update $schema$.payment set amount = 1 where tx_id = $tx$; update $schema$.payment_event set amount = 1 where tx_id = $tx$", "changed", "Retracted Detected Confirmed")]
    [InlineData("update $schema$.payment set asset = 'TOKEN' where tx_id = $tx$; update $schema$.payment_event set asset = 'TOKEN' where tx_id = $tx$", "changed", "Retracted Detected Confirmed")]
    [InlineData("update $schema$.payment set block_height = 17, block_hash = substr(block_hash, 1, 65) || 'f' where tx_id = $tx$; update $schema$.payment_event set block_height = 17, block_hash = substr(block_hash, 1, 65) || 'f' where tx_id = $tx$", "changed", "Moved")]
    [InlineData("update $schema$.payment set status = 'retracted' where tx_id = $tx$; update $schema$.payment_event set status = 'retracted' where tx_id = $tx$", "missing", "Detected Confirmed")]
    // Only the row is wrong: the application was told what is right, and is told nothing.
    [InlineData("delete from $schema$.payment where tx_id = $tx$", "missing", "")]
    [InlineData("update $schema$.payment set amount = amount + 1 where tx_id = $tx$", "changed", "")]
    [InlineData("update $schema$.payment set key = '\\x00', address = 'addr-0' where tx_id = $tx$", "changed", "")]
    [InlineData("update $schema$.payment set block_height = 0 where tx_id = $tx$", "changed", "")]
    [InlineData("update $schema$.payment set status = 'retracted' where tx_id = $tx$", "missing", "")]
    [InlineData("update $schema$.payment set address = 'addr-99' where tx_id = $tx$", "changed", "")]
    public async Task What_is_wrong_in_the_records_is_found_told_and_put_right(string sql, string kind, string events)
    {
        await BothAsync();
        await _live.DeliverAllAsync();
        IReadOnlyList<DigestRange> right = await DigestsAsync(_live);
        await _test.ExecuteAsync(sql.Replace("$tx$", $"'{_live.Chain.Format.FormatHash(Transaction(3))}'", StringComparison.Ordinal));
        (await DigestsAsync(_live)).ShouldNotBe(right);

        RebuildComparison compared = await _rebuild.CompareAsync(_live.Chain, 1, 10, Token);
        RebuildComparison switched = await SwitchAsync();

        compared.Differences.ShouldHaveSingleItem().Kind.ShouldBe(kind);
        (compared.Differences[0].Rebuilt!.Id.TransactionId, compared.Differences[0].Rebuilt!.Block.Height).ShouldBe((Transaction(3), 20));
        switched.Differing.ShouldBe(1);
        (await DigestsAsync(_live)).ShouldBe(right);
        string.Join(' ', (await _live.DeliverAllAsync()).Select(static one => one.Kind)).ShouldBe(events);
        (await _live.PaymentAsync(3)).Reference.ShouldBe(s_order);
        await FoldsAsync();
        (await _rebuild.CompareAsync(_live.Chain, 1, 10, Token)).Differing.ShouldBe(0);
    }

    [Fact]
    public async Task A_payment_that_the_chain_does_not_hold_is_retracted_with_its_reason()
    {
        await BothAsync();
        await _live.DeliverAllAsync();
        string real = _live.Chain.Format.FormatHash(Transaction(3));
        await _test.ExecuteAsync(
            $"""
            insert into $schema$.payment select chain, '{_live.Chain.Format.FormatHash(Transaction(77))}', ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash, block_slot,
                confirmation_mark, confirmation_height, detected_at, confirmed_at, reference_type, reference_id, partition from $schema$.payment where tx_id = '{real}'
            """);

        // That it was not told of is no proof that it is not there.
        RebuildComparison kept = await SwitchAsync();
        (kept.Differing, kept.Extra, kept.Differences.ShouldHaveSingleItem().Kind).ShouldBe((1, 1, "extra"));
        (await _live.DeliverAllAsync()).ShouldBeEmpty();
        (await _live.PaymentAsync(77)).Status.ShouldBe(PaymentStatus.Confirmed);

        (await _rebuild.SwitchAsync(_live.Chain, 1, RedeliveryMode.Differences, retract: true, 10, Token)).Extra.ShouldBe(1);

        PaymentEvent told = (await _live.DeliverAllAsync()).ShouldHaveSingleItem();
        (told.Kind, told.Cause).ShouldBe((PaymentEventKind.Retracted, "rebuild: the chain does not hold it"));
        (await _live.PaymentAsync(77)).Status.ShouldBe(PaymentStatus.Retracted);
    }

    [Fact]
    public async Task What_the_live_system_had_no_reason_to_find_is_no_difference()
    {
        BlockHeader[] blocks = Blocks(1, 40);
        await StartAsync();
        await _live.WatchAsync([1, 3], s_order);
        await _live.ForwardAsync(blocks[..20], Pay(blocks[4], 1), Pay(blocks[5], 2, to: 3));
        // Watched from block 21 on; no longer watched, with a payment that stays; registered after the rebuild had begun.
        await _live.WatchAsync([2]);
        await _live.Store.RemoveAddressAsync(_live.Chain, Address(3), Token);
        await _live.LoadAsync();
        await RebuiltAsync([1, 2, 3], blocks, Pay(blocks[4], 1), Pay(blocks[5], 2, to: 3), Pay(blocks[9], 10, to: 2), Pay(blocks[25], 11, to: 2), Pay(blocks[26], 12, to: 3));
        await _live.WatchAsync([4]);
        await _live.ForwardAsync(blocks[20..], Pay(blocks[25], 11, to: 2), Pay(blocks[30], 13, to: 4));

        RebuildComparison found = await _rebuild.CompareAsync(_live.Chain, 1, 10, Token);

        found.Differences.ShouldBeEmpty();
        found.Payments.ShouldBe(3, "12 went to an address that was not watched any more, 10 came before its address counted");
        // Only of the address that the rebuild does not know nothing can be said.
        (await DigestComparison.FindAsync(_live.Store, _rebuild.Store, _live.Chain, 1, 40, 10, Token)).ShouldHaveSingleItem().Height.ShouldBe(31);
        (await SwitchAsync()).Differing.ShouldBe(0);
        (await _live.PaymentsAsync()).Count.ShouldBe(4);
    }

    [Fact]
    public async Task Blocks_coverage_and_payments_above_the_newest_common_block_stay_and_the_leader_goes_on_in_a_new_term()
    {
        await BothAsync();
        BlockHeader[] newer = Blocks(41, 50);
        await _live.ForwardAsync(newer, Pay(newer[3], 30));
        await _test.ExecuteAsync("update $schema$.coverage set endpoint = 'wrong'; update $schema$.block set hash = 'forged' where height = 12");

        (await SwitchAsync()).ToHeight.ShouldBe(40);

        (await _live.TryCommitAsync(_live.Draft(Blocks(51, 51)))).Outcome.ShouldBe(CommitOutcome.Fenced);
        await _live.LeadAsync("again");
        await _live.ForwardAsync(Blocks(51, 51));
        (await _live.Store.ReadCoverageAsync(_live.Chain, 0, 100, Token)).ShouldBe(
            [new CoverageRange(1, 40, "one", 1), new CoverageRange(41, 50, "wrong", 1), new CoverageRange(51, 51, "one", 1)]);
        (await _test.ScalarAsync<long>("select count(*) from $schema$.block b where canonical and exists (select from $schema$.block p where p.canonical and p.height = b.height - 1 and p.hash <> b.parent_hash)")).ShouldBe(0);
        (await _test.ScalarAsync<long>("select count(*) from $schema$.block where canonical")).ShouldBe(51);
        (await _live.PaymentAsync(30)).Block.Height.ShouldBe(44);
        (await DigestsAsync(_live)).ShouldBe(await DigestsAsync(_rebuilt));
    }

    [Fact]
    public async Task Tables_that_were_lost_begin_anew_with_all_that_was_rebuilt()
    {
        BlockHeader[] blocks = Blocks(1, 40);
        await StartAsync();
        await _live.WatchAsync([1, 2], s_order);
        await RebuiltAsync([1, 2], blocks, Payments(blocks));

        (await SwitchAsync()).Differing.ShouldBe(5);

        await _live.LeadAsync();
        await _live.ForwardAsync(Blocks(41, 42));
        (await _live.DeliverAllAsync()).Count.ShouldBe(10);
        (await DigestsAsync(_live)).ShouldBe(await DigestsAsync(_rebuilt));
        (await _live.Store.ReadCoverageAsync(_live.Chain, 0, 100, Token)).ShouldBe([new CoverageRange(1, 42, "one", 1)]);
        await FoldsAsync();
    }

    [Theory]
    [InlineData(RedeliveryMode.Nothing, 0)]
    [InlineData(RedeliveryMode.Differences, 3)]
    [InlineData(RedeliveryMode.Everything, 13)]
    public async Task As_much_is_delivered_as_was_asked_for(RedeliveryMode mode, int events)
    {
        await BothAsync();
        IReadOnlyList<PaymentEvent> first = await _live.DeliverAllAsync();
        await _test.ExecuteAsync($"update $schema$.payment set amount = 5 where tx_id = '{_live.Chain.Format.FormatHash(Transaction(3))}'; update $schema$.payment_event set amount = 5 where tx_id = '{_live.Chain.Format.FormatHash(Transaction(3))}'");

        await _rebuild.SwitchAsync(_live.Chain, 1, mode, retract: false, 10, Token);

        _live.Now = DateTimeOffset.UtcNow.AddMinutes(1);
        IReadOnlyList<PaymentEvent> again = await _live.DeliverAllAsync();
        again.Count.ShouldBe(events);
        if (mode == RedeliveryMode.Everything)
        {
            // With the numbers that they had, in the order of each payment's life.
            again.Select(static one => one.Sequence).ShouldBe([.. first.Select(static one => one.Sequence), .. again.Skip(10).Select(static one => one.Sequence)]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_switch_that_takes_too_long_lets_the_live_system_go_on_and_is_tried_again(int tooLong)
    {
        await BothAsync();
        ManualTimeProvider time = new(DateTimeOffset.UtcNow);
        PostgresRebuild rebuild = new(_test.DataSource, _test.Options.Schema, $"{_test.Options.Schema}_rebuild", TimeSpan.FromSeconds(4), time) { HoldLimit = TimeSpan.FromSeconds(7) };
        await using NpgsqlConnection other = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction slow = await other.BeginTransactionAsync(Token);
        // What the switch needs in the end, and the live system never.
        await using (NpgsqlCommand command = new($"lock table \"{_test.Options.Schema}_rebuild\".spend in access exclusive mode", other))
        {
            await command.ExecuteNonQueryAsync(Token);
        }

        Task<RebuildComparison> switching = rebuild.SwitchAsync(_live.Chain, 1, RedeliveryMode.Differences, retract: false, 10, Token);
        for (int attempt = 1; attempt <= tooLong; attempt++)
        {
            await _test.IsBlockedAsync("datname = current_database()", other.ProcessID);
            time.Advance(rebuild.HoldLimit);
            await Eventually.BecomesTrueAsync(_ => Task.FromResult(switching.IsCompleted || time.TimerCount > 0), TimeSpan.FromSeconds(30), static () => "it does not let go");
            await _live.ForwardAsync(Blocks(40 + attempt, 40 + attempt));
            if (attempt == 1 && tooLong == 1)
            {
                await slow.CommitAsync(Token);
            }

            time.Advance(TimeSpan.FromSeconds(5));
        }

        if (tooLong == 1)
        {
            (await switching).ToHeight.ShouldBe(40);
            (await _live.TryCommitAsync(_live.Draft(Blocks(42, 42)))).Outcome.ShouldBe(CommitOutcome.Fenced);
        }
        else
        {
            (await Should.ThrowAsync<ChainWatchException>(() => switching)).Message.ShouldContain("took longer than 00:00:07 each of 3 times, and nothing was changed");
            await _live.ForwardAsync(Blocks(44, 44));
        }
    }

    [Fact]
    public async Task It_is_audited_and_what_is_no_rebuild_is_never_dropped()
    {
        await BothAsync();
        using (AuditActor.Is("dave"))
        {
            await SwitchAsync();
        }

        List<AuditEntry> entries = await _live.Store.ReadAuditAsync(0, Token).ToListAsync(Token);
        (entries[^1].Action, entries[^1].Entity, entries[^1].Actor).ShouldBe(("rebuild", _live.Chain.Name, "dave"));
        entries[^1].Details.ShouldBe("blocks 1 to 40 switched over: 5 payments, 0 of them differed; delivered: differences");
        PostgresTestStore another = await PostgresTestStore.CreateAsync(postgres.Server);
        await using (another)
        {
            PostgresRebuild wrong = new(_test.DataSource, _test.Options.Schema, another.Options.Schema, TimeSpan.FromSeconds(4), TimeProvider.System);
            (await Should.ThrowAsync<ForeignSchemaException>(() => wrong.PrepareAsync(resume: false, Token))).Message.ShouldContain("was not made by a rebuild");
            await Should.ThrowAsync<ForeignSchemaException>(() => wrong.DropAsync(Token));
        }

        Should.Throw<ChainWatchConfigurationException>(() => new PostgresRebuild(_test.DataSource, "same", "same", TimeSpan.FromSeconds(4), TimeProvider.System));
        await _rebuild.DropAsync(Token);
        (await _test.ScalarAsync<long>($"select count(*) from pg_namespace where nspname = '{_test.Options.Schema}_rebuild'")).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_rebuild_did_not_read_is_not_judged_by_it()
    {
        await BothAsync();
        await _rebuild.PrepareAsync(resume: false, Token);
        _rebuilt = new StoreScript(_rebuild.Store, _live.Chain);
        await _rebuilt.LeadAsync();
        await _rebuilt.WatchAsync([1, 2]);
        BlockHeader[] blocks = Blocks(1, 40);
        await _rebuilt.ForwardAsync(blocks[15..], Payments(blocks)[2..]);

        (await Should.ThrowAsync<ChainWatchException>(() => _rebuild.CompareAsync(_live.Chain, 1, 10, Token))).Message.ShouldContain("did not read block 1");
        (await _rebuild.CompareAsync(_live.Chain, 16, 10, Token)).Differing.ShouldBe(0);
        (await _rebuild.CompareAsync(_live.Chain, 20, 10, Token)).Differing.ShouldBe(0);
    }

    [Fact]
    public async Task Spendings_are_taken_over_and_those_of_older_outputs_stay()
    {
        BlockHeader[] blocks = Blocks(1, 40);
        await StartAsync(OfOutputs("rebuilt outputs"));
        await _live.WatchAsync([1], s_order);
        BatchDraft live = _live.Draft(blocks, Pay(blocks[4], 1), Pay(blocks[14], 2));
        live.Spends = [Spend(blocks[20], 1, 0, by: 90), Spend(blocks[21], 2, 0, by: 91)];
        await _live.CommitAsync(live);
        await _test.ExecuteAsync($"update $schema$.spend set spent_by = 'forged' where tx_id = '{_live.Chain.Format.FormatHash(Transaction(2))}'");
        // From block 11 on: it does not know the output of transaction 1.
        await _rebuild.PrepareAsync(resume: false, Token);
        _rebuilt = new StoreScript(_rebuild.Store, _live.Chain);
        await _rebuilt.LeadAsync();
        await _rebuilt.WatchAsync([1]);
        BatchDraft rebuilt = _rebuilt.Draft(blocks[10..], Pay(blocks[14], 2));
        rebuilt.Spends = [Spend(blocks[21], 2, 0, by: 91)];
        await _rebuilt.CommitAsync(rebuilt);

        await _rebuild.SwitchAsync(_live.Chain, 11, RedeliveryMode.Differences, retract: false, 10, Token);

        (await _live.PaymentAsync(1)).Spent!.TransactionId.ShouldBe(_live.Chain.Format.FormatHash(Transaction(90)));
        (await _live.PaymentAsync(2)).Spent!.TransactionId.ShouldBe(_live.Chain.Format.FormatHash(Transaction(91)));
    }

    public async ValueTask InitializeAsync() => _test = await PostgresTestStore.CreateAsync(postgres.Server);

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Which_of_an_account_and_its_tag_took_a_payment_is_no_difference_and_all_else_is_one()
    {
        BlockHeader[] blocks = Blocks(1, 40);
        await StartAsync(ConformanceChain.OfTags("rebuilt"));
        await _live.WatchAsync([700, 742, 743], s_order);
        await _live.WatchAsync([744]);
        await _live.ForwardAsync(
            blocks, Pay(blocks[4], 1, to: 700, tag: "42"), Pay(blocks[5], 2, to: 742, tag: "42"), Pay(blocks[6], 3, to: 743, tag: "42"), Pay(blocks[7], 4, to: 700, tag: "42"), Pay(blocks[8], 5, to: 700, tag: "42"),
            Pay(blocks[9], 6, to: 744, tag: "44"), Pay(blocks[10], 7, to: 700));
        await _live.DeliverAllAsync();
        await _test.ExecuteAsync($"delete from $schema$.payment where tx_id = '{_live.Chain.Format.FormatHash(Transaction(5))}'");
        // 744 was registered when the rebuild was ending.
        await RebuiltAsync(
            [700, 742, 743], blocks, Pay(blocks[4], 1, to: 742, tag: "42"), Pay(blocks[5], 2, to: 700, tag: "42"), Pay(blocks[6], 3, to: 742, tag: "42"), Pay(blocks[7], 4, to: 742, tag: "42", amount: 500),
            Pay(blocks[8], 5, to: 742, tag: "42"), Pay(blocks[9], 6, to: 700, tag: "44"), Pay(blocks[10], 7, to: 700));

        RebuildComparison compared = await _rebuild.CompareAsync(_live.Chain, 1, 10, Token);
        await SwitchAsync();

        compared.Differences.Select(static one => $"{one.Kind} {one.Recorded?.Amount} to {one.Recorded?.Address}, {one.Rebuilt?.Amount} to {one.Rebuilt?.Address}")
            .ShouldBe(["changed 100 to addr-743, 100 to addr-742", "changed 100 to addr-700, 500 to addr-700", "missing  to , 100 to addr-700"]);
        (await _live.DeliverAllAsync()).Select(static one => $"{one.Kind} {one.Payment.Amount} to {one.Payment.Address}").ShouldBe(
            ["Retracted 100 to addr-743", "Retracted 100 to addr-700", "Detected 100 to addr-742", "Confirmed 100 to addr-742", "Detected 500 to addr-700", "Confirmed 500 to addr-700"], ignoreOrder: true);
        int[] takers = [700, 742, 742, 700, 700, 744, 700];
        for (int index = 0; index < takers.Length; index++)
        {
            Payment payment = await _live.PaymentAsync(index + 1);
            (payment.To, payment.Address).ShouldBe((Address(takers[index]), $"addr-{takers[index]}"), $"transaction {index + 1}");
        }

        (await _rebuild.CompareAsync(_live.Chain, 1, 10, Token)).Differing.ShouldBe(0);
    }

    private static PaymentFound[] Payments(BlockHeader[] blocks) =>
        [Pay(blocks[4], 1), Pay(blocks[9], 2, to: 2), Pay(blocks[19], 3, amount: 500), Pay(blocks[19], 4, to: 2, asset: ConformanceChain.Token), Pay(blocks[29], 5)];

    private async Task StartAsync(Chain? chain = null)
    {
        _live = new StoreScript(_test.Store, chain ?? Named("rebuilt"));
        await _live.LeadAsync();
        _rebuild = new PostgresRebuild(_test.DataSource, _test.Options.Schema, $"{_test.Options.Schema}_rebuild", TimeSpan.FromSeconds(4), TimeProvider.System);
    }

    /// <summary>The same history in both.</summary>
    private async Task BothAsync()
    {
        BlockHeader[] blocks = Blocks(1, 40);
        await StartAsync();
        await _live.WatchAsync([1, 2], s_order);
        await _live.ForwardAsync(blocks, Payments(blocks));
        await RebuiltAsync([1, 2], blocks, Payments(blocks));
    }

    private async Task RebuiltAsync(int[] addresses, BlockHeader[] blocks, params PaymentFound[] payments)
    {
        await _rebuild.PrepareAsync(resume: false, Token);
        _rebuilt = new StoreScript(_rebuild.Store, _live.Chain);
        await _rebuilt.LeadAsync();
        await _rebuilt.WatchAsync(addresses);
        BatchDraft draft = _rebuilt.Draft(blocks, payments);
        draft.Deliver = false;
        await _rebuilt.CommitAsync(draft);
    }

    private Task<RebuildComparison> SwitchAsync()
    {
        _live.Now = DateTimeOffset.UtcNow.AddMinutes(1);
        return _rebuild.SwitchAsync(_live.Chain, 1, RedeliveryMode.Differences, retract: false, 10, Token);
    }

    private static async Task<IReadOnlyList<DigestRange>> DigestsAsync(StoreScript script) => await script.Store.ReadDigestsAsync(script.Chain, 1, 40, 16, Token);

    /// <summary>Folding the events gives the state.</summary>
    private async Task FoldsAsync()
    {
        IReadOnlyList<PaymentEvent> events = await _test.ReadEventsAsync(_live.Chain);
        foreach (Payment payment in await _live.PaymentsAsync())
        {
            events.Last(one => one.Payment.Id == payment.Id).Payment.ShouldBe(payment);
        }
    }
}
