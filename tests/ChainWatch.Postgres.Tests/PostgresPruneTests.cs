using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresPruneTests(PostgresServerFixture postgres) : PruneConformance, IAsyncLifetime
{
    private const string Analyze = "analyze $schema$.block; analyze $schema$.payment; analyze $schema$.payment_event; analyze $schema$.coverage";
    private readonly Dictionary<IWatchStore, PostgresTestStore> _stores = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected override bool KeepsEvents => true;

    [Fact]
    public async Task Under_load_the_store_comes_down_to_its_target_and_stays_within_its_budget()
    {
        const int Rounds = 12;
        StoreScript script = new(await CreateStoreAsync(), Named("budget"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        RetentionOptions options = new() { Policy = RetentionPolicy.Custom, KeepBlocks = 0, DiskThreshold = 6_000_000, DiskTarget = 4_500_000 };
        ChainRegistration registration = TestRegistration.Of(script.Chain);
        long number = 0;
        List<long> used = [];
        List<long> allocated = [];
        List<long> afterwards = [];
        PruneResult gone = new();
        for (int round = 0; round < Rounds; round++)
        {
            for (int batch = 0; batch < 4; batch++)
            {
                BlockHeader[] blocks = Blocks(number + 1, number + 1_000);
                BatchDraft draft = script.Draft(blocks, [.. Enumerable.Range(0, 20).Select(one => Pay(blocks[one], (int)(number + one)))]);
                draft.Finalized = blocks[900].Point;
                await script.CommitAsync(draft);
                number += 1_000;
            }

            // What is undelivered must stay, so it is delivered first.
            await _stores[script.Store].ExecuteAsync("truncate $schema$.outbox");
            await _stores[script.Store].ExecuteAsync(Analyze);
            // The follower goes on meanwhile.
            Task<PruneResult> pruning = new Pruning(registration, script.Store, options, TimeProvider.System).RunAsync(script.Term, Cancel).AsTask();
            for (; !pruning.IsCompleted; number++)
            {
                await script.ForwardAsync([Block(number + 1)]);
            }

            PruneResult pruned = await pruning;
            gone = gone.Then(pruned);
            // What the server says of its sizes lags behind what was deleted, by as much as its own analyses happen to come late.
            await _stores[script.Store].ExecuteAsync(Analyze);
            StoreSize size = await script.Store.ReadSizeAsync(Cancel);
            if (pruned.Blocks > 0)
            {
                afterwards.Add(size.Used);
            }

            used.Add(size.Used);
            allocated.Add(size.Allocated);
        }

        gone.Blocks.ShouldBeGreaterThan(10_000);
        afterwards.ShouldAllBe(static bytes => bytes > 3_000_000 && bytes < 6_000_000, $"brought down below the threshold, towards the target, and not far beyond it: {string.Join(", ", afterwards)}");
        used.ShouldAllBe(static bytes => bytes < 6_500_000, $"used {string.Join(", ", used)}; allocated {string.Join(", ", allocated)}");
        // Freed room is used again: the files do not grow with what passes through them.
        allocated[^1].ShouldBeLessThan(allocated[Rounds / 2] * 3 / 2, $"allocated {string.Join(", ", allocated)}");
        (await _stores[script.Store].ScalarAsync<long>("select count(*) from $schema$.payment")).ShouldBe(Rounds * 4 * 20);
        (await script.Store.LoadAsync(script.Chain, 0, Cancel)).Cursor.ShouldBe(Point(number));
        (await script.Store.ReadCoverageAsync(script.Chain, 0, long.MaxValue, Cancel)).ShouldBe([new CoverageRange(1, number, "one", 1)]);
    }

    [Fact]
    public async Task A_range_that_grows_while_others_are_put_together_loses_nothing()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("growing"));
        await script.LeadAsync();
        BatchDraft draft = script.Draft(Blocks(1, 30));
        draft.Finalized = Point(30);
        await script.CommitAsync(draft);
        PostgresTestStore test = _stores[script.Store];
        await script.Store.CommitSecondPassAsync(script.Again(Blocks(1, 5)), Cancel);
        SecondPassBatch another = script.Again(Blocks(6, 10));
        await test.ExecuteAsync("update $schema$.coverage set endpoint = 'three' where pass = 2");
        await script.Store.CommitSecondPassAsync(another, Cancel);

        // Ranges 1-5 and 6-10 of the second pass are about to be merged, while the latter grows.
        Task<PruneResult> pruning;
        await using (Npgsql.NpgsqlConnection grower = await test.DataSource.OpenConnectionAsync(Cancel))
        {
            await using Npgsql.NpgsqlTransaction growing = await grower.BeginTransactionAsync(Cancel);
            await using (Npgsql.NpgsqlCommand grow = new($"update \"{test.Options.Schema}\".coverage set to_height = 15 where pass = 2 and from_height = 6", grower))
            {
                await grow.ExecuteNonQueryAsync(Cancel);
            }

            pruning = script.Store.PruneAsync(All(script) with { BelowHeight = 11, Limit = 100 }, Cancel).AsTask();
            await test.IsBlockedAsync("query like '%order by pass, from_height%'", grower.ProcessID);
            await growing.CommitAsync(Cancel);
        }

        await pruning;
        (await script.Store.ReadCoverageAsync(script.Chain, 0, 100, Cancel)).Where(static range => range.Pass == 2).Max(static range => range.ToHeight).ShouldBe(15);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (PostgresTestStore store in _stores.Values)
        {
            await store.DisposeAsync();
        }
    }

    protected override async ValueTask<IWatchStore> CreateStoreAsync()
    {
        PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        _stores.Add(test.Store, test);
        return test.Store;
    }

    protected override async ValueTask<IReadOnlyList<PaymentEvent>> ReadEventsAsync(StoreScript script) => await _stores[script.Store].ReadEventsAsync(script.Chain);
}
