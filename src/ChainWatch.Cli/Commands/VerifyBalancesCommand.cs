using System.CommandLine;
using ChainWatch.Postgres;
using Npgsql;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch verify-balances</c>: recomputes the balances of the application's own ledger.</summary>
internal static class VerifyBalancesCommand
{
    private const string TableForm = "TABLE:ACCOUNT:AMOUNT, or TABLE:ACCOUNT:AMOUNT:ASSET, as in shop.entries:customer:amount";

    public static Command Create()
    {
        Option<string> balances = new("--balances") { Description = $"The stored balances: {TableForm}.", Required = true };
        Option<string[]> credits = new("--credits") { Description = "What was credited, in the same form; may be repeated. A table whose amounts have signs is named here alone.", Required = true };
        Option<string[]> debits = new("--debits") { Description = "What was debited, in the same form; may be repeated." };
        Option<int> decimals = new("--decimals") { Description = "How many digits of the amounts stand after the point: 0 where base units are stored." };
        Command command = new("verify-balances", "Recomputes the balances of the application's own ledger from its credits and debits, and changes nothing. Exits with 1 where one is not what it should be.")
        {
            balances, credits, debits, decimals, CliOptions.Limit,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            await using NpgsqlDataSource database = session.OpenDatabase(out _);
            PostgresBalanceLedger ledger = new(
                database,
                Table(parsed.GetRequiredValue(balances)),
                [.. parsed.GetRequiredValue(credits).Select(Table)],
                [.. (parsed.GetValue(debits) ?? []).Select(Table)],
                parsed.GetValue(decimals));
            BalanceReport report = await BalanceVerification.RunAsync(ledger, cancellationToken);
            CliTable table = new("account", "asset", "stored", "credits", "debits", "computed", "difference");
            foreach (LedgerAccount one in report.Mismatches.Take(parsed.GetValue(CliOptions.Limit)))
            {
                table.Add(one.Account, one.Asset, one.Stored, one.Credits, one.Debits, one.Computed, one.Difference);
            }

            session.Output.Rows(table);
            await session.Errors.WriteLineAsync($"{report.Accounts} accounts, {report.Mismatched} of them mismatched");
            return report.Mismatched > 0 ? ExitCode.Found : ExitCode.Fine;
        });
        return command;
    }

    private static LedgerTable Table(string text) => text.Split(':') switch
    {
        [{ Length: > 0 } name, { Length: > 0 } account, { Length: > 0 } amount] => new LedgerTable(name, account, amount),
        [{ Length: > 0 } name, { Length: > 0 } account, { Length: > 0 } amount, { Length: > 0 } asset] => new LedgerTable(name, account, amount, asset),
        _ => throw new ArgumentException($"'{text}' is no table of a ledger: it must be {TableForm}.", nameof(text)),
    };
}
