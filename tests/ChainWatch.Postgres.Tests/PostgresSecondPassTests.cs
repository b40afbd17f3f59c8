using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresSecondPassTests(PostgresServerFixture postgres) : SecondPassConformance, IAsyncLifetime
{
    private PostgresTestStore? _test;

    protected override async ValueTask<IWatchStore> CreateStoreAsync() => (_test = await PostgresTestStore.CreateAsync(postgres.Server)).Store;

    [Fact]
    public async Task A_row_that_was_lost_comes_back_and_nobody_is_told_twice()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("lost"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        BatchDraft draft = script.Draft(Blocks(1, 10), Pay(Block(2), 1), Pay(Block(3), 2));
        draft.Finalized = Point(9);
        await script.CommitAsync(draft);
        await script.DeliverAllAsync();
        Payment before = await script.PaymentAsync(1);
        await _test!.ExecuteAsync($"delete from $schema$.payment where tx_id = '{before.TransactionId}'");

        CommitResult result = await script.Store.CommitSecondPassAsync(script.Again(Blocks(1, 5), Pay(Block(2), 1), Pay(Block(3), 2), Pay(Block(4), 3)), TestContext.Current.CancellationToken);

        result.Outcome.ShouldBe(CommitOutcome.Committed);
        result.Events.Select(static one => one.Payment.Id.TransactionId).Distinct().ShouldBe([Transaction(3)], customMessage: "only of that one nobody had heard");
        (await script.PaymentAsync(1)).ShouldBe(before);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_test is not null)
        {
            await _test.DisposeAsync();
        }
    }
}
