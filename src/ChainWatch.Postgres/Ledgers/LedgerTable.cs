namespace ChainWatch.Postgres;

/// <summary>A table of the application's ledger, and the columns of it that count.</summary>
/// <param name="Name">The table's name, with its schema where that is not on the search path, as in <c>shop.entries</c>.</param>
/// <param name="Account">The column that names the account, of any type.</param>
/// <param name="Amount">The column that holds the amount, of any numeric type.</param>
/// <param name="Asset">The column that names the asset; <see langword="null"/> in a ledger of one asset.</param>
public readonly record struct LedgerTable(string Name, string Account, string Amount, string? Asset = null);
