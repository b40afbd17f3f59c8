namespace ChainWatch.TestInfrastructure;

/// <summary>An implementation of Bitcoin or of one of its kin.</summary>
public enum BitcoinNodeKind
{
    /// <summary>Bitcoin Knots, whose code and RPC are those of Bitcoin Core 29.</summary>
    Knots,

    /// <summary>Litecoin Core 0.21: the older RPC, extension blocks, no ZeroMQ.</summary>
    Litecoin,
}
