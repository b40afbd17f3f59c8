namespace ChainWatch.Blockbook;

/// <summary>What a page says about its block.</summary>
internal struct PageHead
{
    public long Page;
    public long TotalPages;
    public Hash256 Hash;
    public Hash256 Parent;
    public long Height;
    public long Time;
    public long TransactionCount;

    /// <summary>The root of the block's transactions, zero where it is not told.</summary>
    public Hash256 MerkleRoot;

    /// <summary>The other fields of a header, where they are told as Bitcoin's nodes tell them.</summary>
    public long? Version;
    public uint? Nonce;
    public uint? Bits;

    /// <summary>How many transactions the page holds.</summary>
    public int Transactions;
}
