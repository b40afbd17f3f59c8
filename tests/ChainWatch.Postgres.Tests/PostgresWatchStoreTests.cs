using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresWatchStoreTests(PostgresServerFixture postgres) : WatchStoreConformance, IAsyncLifetime
{
    private PostgresTestStore? _test;

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    protected override async ValueTask<IWatchStore> CreateStoreAsync() => (_test = await PostgresTestStore.CreateAsync(postgres.Server)).Store;

    protected override async ValueTask<IReadOnlyList<PaymentEvent>> ReadEventsAsync(IWatchStore store, Chain chain) => await _test!.ReadEventsAsync(chain);

    protected override string Recorded(string text) => PostgresText.Clean(text);

    [Theory]
    [InlineData("watched_address")]
    [InlineData("watch_removal")]
    public async Task Keys_that_have_another_length_are_refused_also_where_others_make_up_for_it(string table)
    {
        StoreScript script = new(await CreateStoreAsync(), Named("lengths"));
        await script.WatchAsync([1, 2, 3, 4]);
        await script.Store.RemoveAddressAsync(script.Chain, Address(3), TestToken);
        await script.Store.RemoveAddressAsync(script.Chain, Address(4), TestToken);
        (await script.Store.ReadWatchChangesAsync(script.Chain, 0, int.MaxValue, TestToken)).Changes.Count.ShouldBe(4);

        // One is as much too short as the other is too long.
        await _test!.ExecuteAsync($"update $schema$.{table} set key = case when sequence % 2 = 0 then substr(key, 2) else key || '\\x00'::bytea end");

        InvalidDataException exception = await Should.ThrowAsync<InvalidDataException>(async () => await script.Store.ReadWatchChangesAsync(script.Chain, 0, 100, TestToken));
        exception.Message.ShouldContain(script.Chain.Name);
    }

    [Fact]
    public async Task Pages_that_are_read_while_others_register_and_remove_come_to_the_watchlist()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("busy"));
        await script.WatchAsync(Enumerable.Range(0, 40));
        Task writing = Task.WhenAll(WriteAsync(1), WriteAsync(2));
        HashSet<AddressKey> replica = [];
        long sequence = 0;
        bool done;
        WatchChanges page;
        do
        {
            done = writing.IsCompleted;
            page = await script.Store.ReadWatchChangesAsync(script.Chain, sequence, 3, TestToken);
            foreach (WatchChange change in page.Changes)
            {
                change.Sequence.ShouldBeInRange(sequence + 1, page.Sequence);
                sequence = change.Sequence;
                _ = change.Removed ? replica.Remove(change.Key) : replica.Add(change.Key);
            }

            sequence = page.Sequence;
        }
        while (page.More || !done);

        await writing;
        List<AddressKey> watched = [];
        await foreach (WatchedAddress address in script.Store.ListAddressesAsync(script.Chain, TestToken))
        {
            watched.Add(address.Key);
        }

        replica.ShouldBe(watched, ignoreOrder: true);

        async Task WriteAsync(int seed)
        {
            Random random = new(seed);
            for (int round = 0; round < 60; round++)
            {
                await script.Store.RemoveAddressAsync(script.Chain, Address(random.Next(60)), TestToken);
                await script.Store.AddAddressesAsync(script.Chain, [script.Registration(random.Next(60)), script.Registration(random.Next(60))], script.Now, TestToken);
            }
        }
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
