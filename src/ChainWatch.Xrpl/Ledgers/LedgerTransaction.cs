namespace ChainWatch.Xrpl;

/// <summary>Where one transaction lies in a ledger's bytes.</summary>
internal struct LedgerTransaction
{
    public int TransactionStart;
    public int TransactionLength;
    public int MetadataStart;
    public int MetadataLength;

    /// <summary>Where the transaction's id stands, which is what the tree is ordered by.</summary>
    public int IdStart;

    /// <summary>The transaction's place in the order of execution.</summary>
    public uint Index;

    public Hash256 Leaf;
}
