using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresSecondPassTests(PostgresServerFixture postgres) : SecondPassConformance, IAsyncLifetime
{
    private PostgresTestStore? _test;

    protected override async ValueTask<IWatchStore> CreateStoreAsync() => (_test = await PostgresTestStore.CreateAsync(postgres.Server)).Store;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_test is not null)
        {
            await _test.DisposeAsync();
        }
    }
}
