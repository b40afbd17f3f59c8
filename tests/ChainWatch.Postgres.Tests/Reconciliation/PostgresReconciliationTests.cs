using System.Numerics;
using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using Npgsql;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

/// <summary>The suite, and what only rows that somebody changed by hand can show: a repair brings them back, and tells nobody twice.</summary>
public sealed class PostgresReconciliationTests(PostgresServerFixture postgres) : ReconciliationConformance, IAsyncLifetime
{
    private PostgresTestStore? _test;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected override async ValueTask<(IWatchStore Store, IReconciliationStore Reconciliations)> CreateStoreAsync()
    {
        _test = await PostgresTestStore.CreateAsync(postgres.Server);
        return (_test.Store, new PostgresReconciliationStore(_test.DataSource, new PostgresSchema(_test.Options.Schema)));
    }

    [Theory]
    [InlineData("delete from $schema$.payment")]
    [InlineData("update $schema$.payment set amount = 1")]
    [InlineData("update $schema$.payment set status = 'retracted'")]
    [InlineData("update $schema$.payment set tag = 'another', asset = 'TOKEN'")]
    public async Task A_row_that_contradicts_its_events_and_its_block_is_brought_back_and_nobody_is_told_twice(string tampering)
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(3), 1, amount: 50, tag: "7"));
        Payment before = await script.PaymentAsync(1);
        await script.DeliverAllAsync();
        await _test!.ExecuteAsync(tampering);

        CommitResult result = await RepairAsync(script, store, Pay(Block(3), 1, amount: 50, tag: "7"));

        result.Outcome.ShouldBe(CommitOutcome.Committed);
        result.Events.ShouldBeEmpty();
        (await script.PaymentAsync(1)).ShouldBe(before);
        (await script.TakeAsync()).ShouldBeNull();
        (await _test!.ReadEventsAsync(script.Chain)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_was_told_otherwise_than_the_block_says_is_left_as_it_is()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(3), 1, amount: 500));
        await script.DeliverAllAsync();

        (await RepairAsync(script, store, Pay(Block(3), 1, amount: 50))).Events.ShouldBeEmpty();

        (await script.PaymentAsync(1)).Amount.ShouldBe(500);
    }

    [Fact]
    public async Task An_ordinary_back_scan_brings_back_a_row_that_was_lost_and_tells_nobody_twice()
    {
        (StoreScript script, _) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(3), 1, amount: 50));
        Payment before = await script.PaymentAsync(1);
        await _test!.ExecuteAsync("delete from $schema$.payment");
        await script.WatchAsync([2], since: 2);

        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        CommitResult result = await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(2, 9), Pay(Block(3), 1, amount: 50), Pay(Block(4), 2, to: 2)), Token);

        result.Events.Select(static one => one.Payment.Id.TransactionId).Distinct().ShouldBe([Transaction(2)]);
        (await script.PaymentAsync(1)).ShouldBe(before);
    }

    [Fact]
    public async Task An_ordinary_back_scan_changes_no_row_that_is_there()
    {
        (StoreScript script, _) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(3), 1, amount: 50));
        await _test!.ExecuteAsync("update $schema$.payment set amount = 1");
        await script.WatchAsync([2], since: 2);

        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(2, 9), Pay(Block(3), 1, amount: 50)), Token);

        (await script.PaymentAsync(1)).Amount.ShouldBe(1);
    }

    [Fact]
    public async Task Where_the_steps_of_a_block_are_pruned_nothing_of_it_is_repaired_unasked()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(3), 1), Pay(Block(6), 2));
        await _test!.ExecuteAsync("delete from $schema$.payment_event where block_height = 3");

        (await store.RepairAsync(script.Chain, script.Term, [Address(1)], 3, 3, "told, and forgotten", Token)).ShouldBeNull();
        (await store.RepairAsync(script.Chain, script.Term, [Address(1)], 6, 6, "still known", Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task What_was_pruned_of_another_chain_keeps_nothing_of_this_one_from_being_repaired()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync();
        StoreScript higher = new(script.Store, Named("higher"));
        await higher.LeadAsync();
        await higher.WatchAsync([1]);
        await higher.ForwardAsync([Block(1_000_000)], Pay(Block(1_000_000), 1));
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(3), 1), Pay(Block(6), 2));
        await _test!.ExecuteAsync("delete from $schema$.payment_event where sequence = 1");

        (await store.RepairAsync(script.Chain, script.Term, [Address(1)], 2, 2, "nothing is known of it", Token)).ShouldNotBeNull();
        (await store.RepairAsync(script.Chain, script.Term, [Address(1)], 3, 3, "its steps are known", Token)).ShouldNotBeNull();
        (await store.RepairAsync(higher.Chain, higher.Term, [Address(1)], 1_000_000, 1_000_000, "told, and forgotten", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_read_belongs_to_the_branch_of_its_point_also_where_that_is_replaced_in_between()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9), Pay(Block(3), 1, amount: 50), Pay(Block(9), 2, amount: 7));
        await using NpgsqlConnection other = await _test!.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction replacing = await other.BeginTransactionAsync(Token);
        // Whoever reads payments waits behind this lock, with its point looked up already.
        await ExecuteAsync(other, "lock table $schema$.payment in access exclusive mode");

        Task<IReadOnlyList<IReadOnlyDictionary<string, BigInteger>>?> reading = store.ReadSumsAsync(script.Chain, Point(9), [new RecordedRange(Address(1), 0, 9)], Token).AsTask();
        await _test.IsBlockedAsync("datname = current_database()", other.ProcessID);
        await ExecuteAsync(other, "update $schema$.payment set status = 'retracted' where block_height = 9; update $schema$.block set canonical = false where height = 9");
        await replacing.CommitAsync(Token);

        (await reading)!.ShouldHaveSingleItem()["COIN"].ShouldBe(57);
        (await store.ReadSumsAsync(script.Chain, Point(9), [new RecordedRange(Address(1), 0, 9)], Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Nothing_is_read_of_a_point_that_a_cursor_set_back_by_hand_has_still_to_pass()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9));
        await _test!.ExecuteAsync("update $schema$.cursor set height = 8");

        (await store.ReadSumsAsync(script.Chain, Point(9), [new RecordedRange(Address(1), 0, 9)], Token)).ShouldBeNull();
        (await store.ReadSumsAsync(script.Chain, Point(8), [new RecordedRange(Address(1), 0, 9)], Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_leader_that_is_just_being_replaced_neither_moves_a_run_on_nor_repairs()
    {
        (StoreScript script, IReconciliationStore store) = await StartAsync();
        await script.ForwardAsync(Blocks(1, 9));
        long id = await store.RequestAsync(script.Chain, new ReconciliationRequest(), script.Now, Token);
        ReconciliationRun run = (await store.ReadRunAsync(script.Chain, id, Token))!;
        await using NpgsqlConnection next = await _test!.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction taking = await next.BeginTransactionAsync(Token);
        await ExecuteAsync(next, "update $schema$.leadership set term = term + 1");

        Task<bool> saving = store.SaveAsync(script.Chain, script.Term, new ReconciliationProgress { Run = run with { State = ReconciliationState.Done } }, Token).AsTask();
        Task<long?> repairing = store.RepairAsync(script.Chain, script.Term, [Address(1)], 3, 3, "too late", Token).AsTask();
        await _test.IsBlockedAsync("query like '%leadership%for share%' and datname = current_database()", next.ProcessID);
        await taking.CommitAsync(Token);

        (await saving).ShouldBeFalse();
        (await repairing).ShouldBeNull();
        (await store.ReadRunAsync(script.Chain, id, Token)).ShouldBe(run);
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_test is not null)
        {
            await _test.DisposeAsync();
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using NpgsqlCommand command = new(sql.Replace("$schema$", $"\"{_test!.Options.Schema}\"", StringComparison.Ordinal), connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<CommitResult> RepairAsync(StoreScript script, IReconciliationStore store, PaymentFound found)
    {
        await store.RepairAsync(script.Chain, script.Term, [Address(1)], 3, 3, "test", Token);
        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        return await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(3, 3), found), Token);
    }

    private async Task<(StoreScript Script, IReconciliationStore Store)> StartAsync()
    {
        (IWatchStore store, IReconciliationStore reconciliations) = await CreateStoreAsync();
        StoreScript script = new(store, Named("repaired"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        return (script, reconciliations);
    }
}
