using System.Numerics;

namespace ChainWatch;

/// <summary>The rules by which a difference is explained. They look at numbers only, so that every case can be tried.</summary>
internal static class DiscrepancyRules
{
    /// <summary>True for what is explained and needs nobody.</summary>
    public static bool IsHarmless(DiscrepancyKind kind) => kind is
        DiscrepancyKind.Gas or DiscrepancyKind.SpentByOwner or DiscrepancyKind.Withdrawal or DiscrepancyKind.Reward or DiscrepancyKind.FeeOnTransfer or DiscrepancyKind.RebasingToken;

    /// <summary>What a kind says about the two sides.</summary>
    public static ReconciliationResult ResultOf(DiscrepancyKind kind) => kind switch
    {
        DiscrepancyKind.MissingPayment or DiscrepancyKind.InternalTransfer => ReconciliationResult.Missing,
        DiscrepancyKind.ExtraPayment or DiscrepancyKind.Orphaned => ReconciliationResult.Extra,
        DiscrepancyKind.ChangedPayment or DiscrepancyKind.MissedSpending or DiscrepancyKind.WrongSpending or DiscrepancyKind.Unexplained => ReconciliationResult.Mismatched,
        DiscrepancyKind.NoOpeningBalance or DiscrepancyKind.NotYetFinal or DiscrepancyKind.NotReadable => ReconciliationResult.Unknown,
        _ => ReconciliationResult.Matched,
    };

    /// <summary>The result of an address, given what was found for it: the worst that needs somebody, and Unknown where nothing worse was found.</summary>
    public static ReconciliationResult ResultOf(IEnumerable<Discrepancy> found)
    {
        ReconciliationResult result = ReconciliationResult.Matched;
        foreach (Discrepancy one in found)
        {
            if (one.Result is ReconciliationResult.Matched || (one.Result == ReconciliationResult.Unknown && result != ReconciliationResult.Matched))
            {
                continue;
            }

            // Of two, the payment that a customer waits for is worse than a row too much.
            result = result is ReconciliationResult.Matched or ReconciliationResult.Unknown || Severity(one.Result) > Severity(result) ? one.Result : result;
        }

        return result;
    }

    /// <summary>Explains what a block did to a balance beyond the payments that it holds.</summary>
    /// <param name="native">Whether it is the chain's own coin, which only its owner can spend, and only contracts, rewards and withdrawals bring in without a transaction to the address.</param>
    /// <param name="remainder">The change of the balance, less the payments that the block holds. Not zero.</param>
    /// <param name="paid">The payments that the block holds.</param>
    /// <param name="moved">What else the block moved; <see langword="null"/> where nobody could tell.</param>
    public static IEnumerable<(DiscrepancyKind Kind, BigInteger Amount)> Explain(bool native, BigInteger remainder, BigInteger paid, BlockMovements? moved)
    {
        BigInteger sent = moved?.Sent ?? BigInteger.Zero;
        BigInteger fees = moved?.Fees ?? BigInteger.Zero;
        BigInteger rest = remainder + sent + fees;
        if (sent > 0)
        {
            yield return (DiscrepancyKind.SpentByOwner, -(sent + fees));
        }
        else if (fees > 0)
        {
            yield return (DiscrepancyKind.Gas, -fees);
        }

        if (rest.IsZero)
        {
            yield break;
        }

        if (native)
        {
            // A balance falls by its owner's will only: by a transaction of the address, or by its code.
            yield return (rest < 0 ? DiscrepancyKind.SpentByOwner : moved is null ? DiscrepancyKind.Unexplained : Incoming(rest, moved), rest);
        }
        else if (moved is null && rest < 0)
        {
            yield return (DiscrepancyKind.Unexplained, rest);
        }
        else
        {
            yield return (rest < 0 && -rest < paid ? DiscrepancyKind.FeeOnTransfer : DiscrepancyKind.RebasingToken, rest);
        }
    }

    /// <summary>Explains what is left of a difference over a range of blocks in which it could not be traced.</summary>
    /// <param name="native">Whether it is the chain's own coin.</param>
    /// <param name="remainder">The difference, less what the payments account for. Not zero.</param>
    /// <param name="readBlocks">Whether all payments of the range were compared with their blocks.</param>
    /// <param name="sent">How many transactions the address sent; <see langword="null"/> where nobody could tell.</param>
    public static DiscrepancyKind ExplainRange(bool native, BigInteger remainder, bool readBlocks, long? sent)
    {
        if (remainder > 0)
        {
            return !readBlocks ? DiscrepancyKind.Unexplained : native ? DiscrepancyKind.InternalTransfer : DiscrepancyKind.RebasingToken;
        }

        // With all payments proved, the chain's balance itself fell. Without, it may be a row too much as well, unless the owner was at work, or nobody can tell that.
        return readBlocks || sent is null or > 0 ? DiscrepancyKind.SpentByOwner : DiscrepancyKind.Unexplained;
    }

    private static DiscrepancyKind Incoming(BigInteger amount, BlockMovements moved) =>
        moved.Withdrawn > 0 && moved.Withdrawn == amount ? DiscrepancyKind.Withdrawal : moved.IsRewarded ? DiscrepancyKind.Reward : DiscrepancyKind.InternalTransfer;

    private static int Severity(ReconciliationResult result) => result switch
    {
        ReconciliationResult.Missing => 3,
        ReconciliationResult.Extra => 2,
        ReconciliationResult.Mismatched => 1,
        _ => 0,
    };
}
