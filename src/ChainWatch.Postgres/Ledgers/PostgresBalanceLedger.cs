using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// An application's ledger in PostgreSQL, by the names of its tables and columns. All is read by one statement, which sees one state of the books, and summed by the server as
/// <c>numeric</c>, so that no digit is lost. Only reading is needed: a role that may do no more is enough.
/// </summary>
public sealed class PostgresBalanceLedger : IBalanceLedger
{
    private const int MostDecimals = 77;
    private readonly NpgsqlDataSource _dataSource;
    private readonly string _sql;
    private readonly int _decimals;

    /// <summary>Describes a ledger.</summary>
    /// <param name="dataSource">The database. It stays the caller's.</param>
    /// <param name="balances">The stored balances. Where an account has several rows in one asset, they are added up.</param>
    /// <param name="credits">What was credited, in one table or several. A table whose amounts have signs holds both: name it here alone.</param>
    /// <param name="debits">What was debited, as amounts above zero.</param>
    /// <param name="decimals">How many digits of a stored amount stand after the point, 0 to 77: 0 where base units are stored, 8 where bitcoins are.</param>
    /// <exception cref="ArgumentException">A name is empty, no table of credits is given, or only some tables name an asset.</exception>
    public PostgresBalanceLedger(NpgsqlDataSource dataSource, LedgerTable balances, IReadOnlyList<LedgerTable> credits, IReadOnlyList<LedgerTable> debits, int decimals = 0)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(credits);
        ArgumentNullException.ThrowIfNull(debits);
        ArgumentOutOfRangeException.ThrowIfNegative(decimals);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decimals, MostDecimals);
        if (credits.Count == 0)
        {
            throw new ArgumentException("A ledger needs a table of credits at least.", nameof(credits));
        }

        if (credits.Concat(debits).Any(table => table.Asset is null != balances.Asset is null))
        {
            throw new ArgumentException("Either all tables of a ledger name the column of the asset, or none does.", nameof(balances));
        }

        _dataSource = dataSource;
        _decimals = decimals;
        _sql = Sql(balances, credits, debits, decimals);
    }

    /// <inheritdoc/>
    /// <exception cref="ChainWatchException">An amount has more digits after the point than the ledger is said to have, or a table or column is not there, or must not be read.</exception>
    public async IAsyncEnumerable<LedgerAccount> ReadAccountsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_sql);
        command.CommandTimeout = 0;
        await using NpgsqlDataReader reader = await ReadAsync(command, cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            string account = reader.GetString(0);
            if (reader.GetBoolean(5))
            {
                throw new ChainWatchException($"Account '{account}' of the ledger holds an amount that is finer than {_decimals} decimals: say how many decimals its amounts have.");
            }

            yield return new LedgerAccount(
                account,
                reader.GetString(1),
                await reader.IsDBNullAsync(2, cancellationToken) ? null : await reader.GetFieldValueAsync<BigInteger>(2, cancellationToken),
                await reader.GetFieldValueAsync<BigInteger>(3, cancellationToken),
                await reader.GetFieldValueAsync<BigInteger>(4, cancellationToken));
        }
    }

    private static async Task<NpgsqlDataReader> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await command.ExecuteReaderAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.CannotCoerce)
        {
            throw new ChainWatchException($"The ledger cannot be read by the names that were given: {exception.MessageText}.", exception);
        }
    }

    private static string Sql(LedgerTable balances, IReadOnlyList<LedgerTable> credits, IReadOnlyList<LedgerTable> debits, int decimals)
    {
        string unit = string.Create(CultureInfo.InvariantCulture, $"1{new string('0', decimals)}::numeric");
        string entries = string.Join(
            " union all ",
            credits.Select(table => $"select {Key(table)}, {Amount(table, unit)} as credit, 0::numeric as debit from {Quote(table.Name)}")
                .Concat(debits.Select(table => $"select {Key(table)}, 0::numeric as credit, {Amount(table, unit)} as debit from {Quote(table.Name)}")));
        return
            $"""
            with stored as (
                select account, asset, sum(amount) as amount from (select {Key(balances)}, {Amount(balances, unit)} as amount from {Quote(balances.Name)}) b group by account, asset),
            moved as (select account, asset, sum(credit) as credit, sum(debit) as debit from ({entries}) e group by account, asset)
            select account, asset, trunc(s.amount), trunc(coalesce(m.credit, 0)), trunc(coalesce(m.debit, 0)),
                coalesce(s.amount <> trunc(s.amount), false) or coalesce(m.credit <> trunc(m.credit) or m.debit <> trunc(m.debit), false)
            from stored s full join moved m using (account, asset)
            order by account, asset
            """;
    }

    private static string Key(LedgerTable table) =>
        $"coalesce({Quote(table.Account)}::text, '') as account, {(table.Asset is null ? "''" : $"coalesce({Quote(table.Asset)}::text, '')")} as asset";

    private static string Amount(LedgerTable table, string unit) => $"coalesce({Quote(table.Amount)}::numeric, 0) * {unit}";

    /// <summary>A name as it stands in SQL. Whoever configures it names a table, and can write nothing else.</summary>
    private static string Quote(string name)
    {
        string[] parts = name.Split('.');
        return parts.All(static part => part.Length is > 0 and <= 63 && !part.Contains('\0', StringComparison.Ordinal))
            ? string.Join('.', parts.Select(static part => $"\"{part.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))
            : throw new ArgumentException($"'{name}' is no name of a table or column: each part of it must have 1 to 63 characters.", nameof(name));
    }
}
