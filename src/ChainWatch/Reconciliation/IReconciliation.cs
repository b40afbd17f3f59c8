namespace ChainWatch;

/// <summary>Asks for reconciliations and tells what they found. Whichever instance is asked, the chain's leader does the work.</summary>
public interface IReconciliation
{
    /// <summary>Asks for a comparison of a chain's records with the chain. It returns when that is stored; the leader begins soon after.</summary>
    /// <param name="chain">The chain's name.</param>
    /// <param name="request">What to compare.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The run's number.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    /// <exception cref="ArgumentException">The range is none, or an address is not watched.</exception>
    Task<long> RequestAsync(string chain, ReconciliationRequest request, CancellationToken cancellationToken);

    /// <summary>Asks for a comparison of so many of a chain's watched addresses, drawn at random.</summary>
    /// <param name="chain">The chain's name.</param>
    /// <param name="sample">How many addresses.</param>
    /// <param name="request">What else to say; its addresses are not looked at.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The run's number.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    Task<long> RequestSampleAsync(string chain, int sample, ReconciliationRequest request, int seed, CancellationToken cancellationToken);

    /// <summary>One run; <see langword="null"/> where there is none of this number.</summary>
    Task<ReconciliationRun?> FindAsync(string chain, long id, CancellationToken cancellationToken);

    /// <summary>The runs of a chain, newest first, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<ReconciliationRun>> ListAsync(string chain, int limit, CancellationToken cancellationToken);

    /// <summary>What a run found so far, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<Discrepancy>> ReadDiscrepanciesAsync(string chain, long id, int limit, CancellationToken cancellationToken);
}
