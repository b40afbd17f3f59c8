using System.Numerics;

namespace ChainWatch;

/// <summary>One account of an application's ledger, in one asset. All amounts are in the asset's base unit.</summary>
/// <param name="Account">The account's id, in the ledger's own words.</param>
/// <param name="Asset">The asset; empty in a ledger of one asset.</param>
/// <param name="Stored">The balance that the ledger holds; <see langword="null"/> where it has credits or debits, but no balance.</param>
/// <param name="Credits">The sum of all credits.</param>
/// <param name="Debits">The sum of all debits.</param>
public readonly record struct LedgerAccount(string Account, string Asset, BigInteger? Stored, BigInteger Credits, BigInteger Debits)
{
    /// <summary>What the account should hold.</summary>
    public BigInteger Computed => Credits - Debits;

    /// <summary>How much more is stored than there should be; below zero for less. No stored balance counts as nothing.</summary>
    public BigInteger Difference => (Stored ?? BigInteger.Zero) - Computed;

    /// <summary>True where the stored balance is what its credits and debits make.</summary>
    public bool Matches => Difference.IsZero;
}
