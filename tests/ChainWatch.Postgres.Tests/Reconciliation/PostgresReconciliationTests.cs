using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
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
    public async Task An_ordinary_back_scan_looks_at_no_events()
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

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_test is not null)
        {
            await _test.DisposeAsync();
        }
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
