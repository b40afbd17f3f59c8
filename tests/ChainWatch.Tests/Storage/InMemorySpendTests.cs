using ChainWatch.Conformance;

namespace ChainWatch.Tests;

public sealed class InMemorySpendTests : SpendConformance
{
    protected override ValueTask<IWatchStore> CreateStoreAsync() => new(new InMemoryWatchStore());
}
