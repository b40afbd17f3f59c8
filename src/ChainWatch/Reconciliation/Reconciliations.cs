namespace ChainWatch;

/// <summary>The requests for reconciliation over a store.</summary>
internal sealed class Reconciliations(ChainRegistry chains, IWatchStore watchStore, IReconciliationStore store, EngineSignals signals, TimeProvider time) : IReconciliation
{
    public async Task<long> RequestAsync(string chain, ReconciliationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Chain found = chains.Get(chain).Chain;
        if (request.FromHeight < 0 || request.ToHeight < (request.FromHeight ?? 0))
        {
            throw new ArgumentException($"There is no block from {request.FromHeight ?? 0} to {request.ToHeight}: heights are 0 or more, and the first is not after the last.", nameof(request));
        }

        foreach (AddressKey key in request.Addresses ?? [])
        {
            if (await watchStore.FindAddressAsync(found, key, cancellationToken) is null)
            {
                throw new ArgumentException($"{found.Format.FormatAddress(key)} is not watched on chain '{found.Name}'; only watched addresses have records to compare.", nameof(request));
            }
        }

        return await AskAsync(found, request, cancellationToken);
    }

    public async Task<long> RequestSampleAsync(string chain, int sample, ReconciliationRequest request, int seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sample);
        IReadOnlyList<AddressKey> drawn = await AddressSample.DrawAsync(watchStore, chains.Get(chain).Chain, sample, seed, cancellationToken);
        return await AskAsync(chains.Get(chain).Chain, request with { Addresses = drawn }, cancellationToken);
    }

    public async Task<ReconciliationRun?> FindAsync(string chain, long id, CancellationToken cancellationToken) => await store.ReadRunAsync(chains.Get(chain).Chain, id, cancellationToken);

    public async Task<IReadOnlyList<ReconciliationRun>> ListAsync(string chain, int limit, CancellationToken cancellationToken) => await store.ReadRunsAsync(chains.Get(chain).Chain, limit, cancellationToken);

    public async Task<IReadOnlyList<Discrepancy>> ReadDiscrepanciesAsync(string chain, long id, int limit, CancellationToken cancellationToken) =>
        await store.ReadDiscrepanciesAsync(chains.Get(chain).Chain, id, limit, cancellationToken);

    private async Task<long> AskAsync(Chain chain, ReconciliationRequest request, CancellationToken cancellationToken)
    {
        long id = await store.RequestAsync(chain, request with { RequestedBy = request.RequestedBy ?? AuditActor.Current }, time.GetUtcNow(), cancellationToken);
        signals.ReconciliationQueued.Pulse();
        return id;
    }
}
