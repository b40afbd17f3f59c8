using ChainWatch.Conformance;

namespace ChainWatch.Tests;

public sealed class InMemorySecondPassTests : SecondPassConformance
{
    protected override ValueTask<IWatchStore> CreateStoreAsync() => new(new InMemoryWatchStore());
}
