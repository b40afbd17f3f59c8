using ChainWatch.Conformance;

namespace ChainWatch.Tests;

public sealed class InMemoryVerificationTests : StoreVerificationConformance
{
    protected override ValueTask<IWatchStore> CreateStoreAsync() => new(new InMemoryWatchStore());
}
