using ChainWatch.Conformance;

namespace ChainWatch.Tests;

public sealed class InMemoryPruneTests : PruneConformance
{
    protected override bool KeepsEvents => false;

    protected override ValueTask<IWatchStore> CreateStoreAsync() => new(new InMemoryWatchStore());

    protected override ValueTask<IReadOnlyList<PaymentEvent>> ReadEventsAsync(StoreScript script) => new(((InMemoryWatchStore)script.Store).ReadEvents());
}
