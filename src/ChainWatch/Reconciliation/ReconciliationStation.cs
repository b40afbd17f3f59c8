namespace ChainWatch;

/// <summary>What reconciling a chain needs besides following it; the same for all chains of a host.</summary>
internal sealed class ReconciliationStation(IReconciliationStore store, ReconciliationOptions options, ReconciliationHandlers handlers)
{
    public IReconciliationStore Store => store;

    public ReconciliationOptions Options => options;

    public ReconciliationHandlers Handlers => handlers;
}
