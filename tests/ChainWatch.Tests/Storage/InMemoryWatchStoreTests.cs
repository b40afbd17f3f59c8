using ChainWatch.Conformance;

namespace ChainWatch.Tests;

public sealed class InMemoryWatchStoreTests : WatchStoreConformance
{
    protected override ValueTask<IWatchStore> CreateStoreAsync() => new(new InMemoryWatchStore());

    protected override ValueTask<IReadOnlyList<PaymentEvent>> ReadEventsAsync(IWatchStore store, Chain chain) =>
        new([.. ((InMemoryWatchStore)store).ReadEvents().Where(one => one.Payment.Chain == chain.Name)]);
}
