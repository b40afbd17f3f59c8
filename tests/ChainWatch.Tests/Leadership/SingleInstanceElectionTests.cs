using ChainWatch.Conformance;

namespace ChainWatch.Tests;

public sealed class SingleInstanceElectionTests : LeaderElectionConformance
{
    private readonly InMemoryWatchStore _store = new();

    protected override ValueTask<ILeaderElection> CreateElectionAsync(string holder) => new(new SingleInstanceElection(_store, holder));

    protected override ValueTask<IWatchStore> CreateStoreAsync() => new(_store);
}
