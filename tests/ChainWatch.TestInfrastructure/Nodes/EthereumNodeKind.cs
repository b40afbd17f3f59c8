namespace ChainWatch.TestInfrastructure;

/// <summary>An implementation of Ethereum that runs on its own, each with a dialect of its own.</summary>
public enum EthereumNodeKind
{
    /// <summary>Foundry's anvil: reorgs, traces, receipts by block.</summary>
    Anvil,

    /// <summary>Hardhat 3: no traces and no receipts by block; <c>safe</c> and <c>finalized</c> are the head.</summary>
    Hardhat,

    /// <summary>Ganache 7: as hardhat, and it answers what it does not know with an empty list.</summary>
    Ganache,
}
