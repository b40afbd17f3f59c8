using System.Numerics;

namespace ChainWatch;

/// <summary>What one block did to an address's balance of one asset besides paying it: what a chain of accounts can tell when it is asked about one block.</summary>
public sealed class BlockMovements
{
    /// <summary>What left the address, in the asset's base unit, without fees.</summary>
    public BigInteger Sent { get; init; }

    /// <summary>The fees that the address paid, in the asset's base unit.</summary>
    public BigInteger Fees { get; init; }

    /// <summary>What the chain's consensus layer paid out to the address (Ethereum: EIP-4895), in the asset's base unit.</summary>
    public BigInteger Withdrawn { get; init; }

    /// <summary>True where the block's reward, or a part of it, goes to the address.</summary>
    public bool IsRewarded { get; init; }
}
