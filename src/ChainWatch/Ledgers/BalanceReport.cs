using System.Numerics;

namespace ChainWatch;

/// <summary>What recomputing the balances of a ledger came to.</summary>
public sealed class BalanceReport
{
    /// <summary>How many accounts were recomputed, each asset for itself.</summary>
    public required long Accounts { get; init; }

    /// <summary>How many of them do not hold what their credits and debits make.</summary>
    public required long Mismatched { get; init; }

    /// <summary>These accounts, in the ledger's order; the first <see cref="BalanceVerification.MostKept"/> of them.</summary>
    public required IReadOnlyList<LedgerAccount> Mismatches { get; init; }

    /// <summary>How much more is stored in all than there should be, by asset, where that is not nothing. Two errors that cancel out do not show here, but in <see cref="Mismatches"/>.</summary>
    public required IReadOnlyDictionary<string, BigInteger> Differences { get; init; }
}
