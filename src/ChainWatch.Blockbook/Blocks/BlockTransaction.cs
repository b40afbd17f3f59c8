namespace ChainWatch.Blockbook;

/// <summary>One transaction of a block.</summary>
internal struct BlockTransaction
{
    public Hash256 Id;

    /// <summary>The page that it stands on, from 0.</summary>
    public int Page;

    /// <summary>The first of its movements.</summary>
    public int First;

    /// <summary>How many movements it has.</summary>
    public int Count;

    public TransactionStatus Status;

    /// <summary>Its inputs, as JSON; empty on chains of accounts.</summary>
    public TextSpan Inputs;
}
