namespace ChainWatch.Bitcoin;

/// <summary>A transaction that waits in a node's pool and pays to watched addresses.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Inputs">What it spends.</param>
/// <param name="Transfers">What it pays to watched addresses.</param>
internal sealed record PooledTransaction(Hash256 Id, IReadOnlyList<OutputId> Inputs, IReadOnlyList<Transfer> Transfers)
{
    /// <summary>In how many looks in a row it was not in the pool, nor anything in its place.</summary>
    public int Missing { get; set; }
}
