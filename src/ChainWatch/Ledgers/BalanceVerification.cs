using System.Numerics;

namespace ChainWatch;

/// <summary>Recomputes the balances of an application's ledger from its credits and debits, exactly, and tells those that are not what they should be. It changes nothing.</summary>
public static class BalanceVerification
{
    /// <summary>How many mismatches a report keeps one by one: 10,000. All are counted.</summary>
    public const int MostKept = 10_000;

    /// <summary>Recomputes all balances.</summary>
    /// <param name="ledger">The books.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<BalanceReport> RunAsync(IBalanceLedger ledger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        long accounts = 0;
        long mismatched = 0;
        List<LedgerAccount> mismatches = [];
        Dictionary<string, BigInteger> differences = new(StringComparer.Ordinal);
        await foreach (LedgerAccount account in ledger.ReadAccountsAsync(cancellationToken))
        {
            accounts++;
            if (account.Matches)
            {
                continue;
            }

            mismatched++;
            differences[account.Asset] = differences.GetValueOrDefault(account.Asset) + account.Difference;
            if (mismatches.Count < MostKept)
            {
                mismatches.Add(account);
            }
        }

        return new BalanceReport
        {
            Accounts = accounts,
            Mismatched = mismatched,
            Mismatches = mismatches,
            Differences = differences.Where(static one => !one.Value.IsZero).ToDictionary(StringComparer.Ordinal),
        };
    }
}
