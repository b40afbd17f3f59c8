using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresWatchStoreTests(PostgresServerFixture postgres) : WatchStoreConformance, IAsyncLifetime
{
    private PostgresTestStore? _test;

    protected override async ValueTask<IWatchStore> CreateStoreAsync() => (_test = await PostgresTestStore.CreateAsync(postgres.Server)).Store;

    protected override async ValueTask<IReadOnlyList<PaymentEvent>> ReadEventsAsync(IWatchStore store, Chain chain) => await _test!.ReadEventsAsync(chain);

    protected override string Recorded(string text) => PostgresText.Clean(text);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_test is not null)
        {
            await _test.DisposeAsync();
        }
    }
}
