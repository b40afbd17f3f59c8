using System.Numerics;

namespace ChainWatch;

/// <summary>How much of an asset an address holds.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Amount">How much, in the asset's base unit. Below zero where the chain has debts (the issuer's side of a trust line).</param>
public readonly record struct AssetBalance(Asset Asset, BigInteger Amount)
{
    /// <summary>
    /// How much of it the chain lets nobody take as long as the account exists (the XRP Ledger's reserve), in the asset's base unit. It is part of <see cref="Amount"/>, and may be more than that.
    /// </summary>
    /// <value><see langword="null"/> on chains that know no such thing, and where the endpoint does not tell.</value>
    public BigInteger? Reserved { get; init; }
}
