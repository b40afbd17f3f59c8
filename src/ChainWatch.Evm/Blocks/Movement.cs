namespace ChainWatch.Evm;

/// <summary>One movement of something that is watched, to whomever: what a block keeps of the bytes it was read from.</summary>
internal struct Movement
{
    public Hash256 TransactionId;
    public long Ordinal;
    public UInt256 Amount;
    public EvmAddress To;
    public EvmAddress From;

    /// <summary>The asset's place in the chain's list.</summary>
    public int Asset;

    /// <summary>The transaction's place in its block.</summary>
    public int TransactionIndex;

    public bool HasFrom;

    /// <summary>False while its transaction's receipt was not read: whether it happened, and its ordinal, are not known yet.</summary>
    public bool Proven;
}
