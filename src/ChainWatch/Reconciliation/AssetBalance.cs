using System.Numerics;

namespace ChainWatch;

/// <summary>How much of an asset an address holds.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Amount">How much, in the asset's base unit. Below zero where the chain has debts (the issuer's side of a trust line).</param>
public readonly record struct AssetBalance(Asset Asset, BigInteger Amount);
