using ChainWatch.Conformance;

namespace ChainWatch.Tests;

public sealed class InMemoryReconciliationTests : ReconciliationConformance
{
    protected override ValueTask<(IWatchStore Store, IReconciliationStore Reconciliations)> CreateStoreAsync()
    {
        InMemoryWatchStore store = new();
        return new((store, store.Reconciliations));
    }
}
