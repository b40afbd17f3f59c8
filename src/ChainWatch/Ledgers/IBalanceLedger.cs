namespace ChainWatch;

/// <summary>The application's own books, as far as balances can be recomputed from them: what each account is said to hold, and all that was ever credited to it and debited from it.</summary>
public interface IBalanceLedger
{
    /// <summary>Reads every account and asset once, from one consistent view of the books: those that have a stored balance, and those that only have credits or debits.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<LedgerAccount> ReadAccountsAsync(CancellationToken cancellationToken);
}
