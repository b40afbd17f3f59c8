using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresSpendTests(PostgresServerFixture postgres) : SpendConformance, IAsyncLifetime
{
    private readonly List<PostgresTestStore> _stores = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (PostgresTestStore store in _stores)
        {
            await store.DisposeAsync();
        }
    }

    protected override async ValueTask<IWatchStore> CreateStoreAsync()
    {
        PostgresTestStore store = await PostgresTestStore.CreateAsync(postgres.Server);
        _stores.Add(store);
        return store.Store;
    }
}
