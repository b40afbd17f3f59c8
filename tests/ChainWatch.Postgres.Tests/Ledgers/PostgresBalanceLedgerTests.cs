using System.Numerics;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Postgres.Tests;

/// <summary>An application's own books, by the names of its tables and columns: every balance that is not what its credits and debits make is found, to the last digit.</summary>
public sealed class PostgresBalanceLedgerTests(PostgresServerFixture postgres) : IAsyncLifetime
{
    private static readonly BigInteger Large = BigInteger.Pow(2, 200);
    private readonly string _schema = postgres.Server.NewSchema();
    private NpgsqlDataSource _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
        await ExecuteAsync(
            $"""
            create schema if not exists {_schema};
            create table {_schema}.balance (customer bigint, currency text, "Amount" numeric);
            create table {_schema}.credit (customer bigint, currency text, value numeric);
            create table {_schema}.payout (customer bigint, currency text, value numeric);
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"drop schema {_schema} cascade");
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Books_that_are_right_are_called_right()
    {
        await ExecuteAsync(
            $"""
            insert into {_schema}.balance values (1, 'ETH', {Large} - 5), (1, 'USDC', 7), (2, 'ETH', 0);
            insert into {_schema}.credit values (1, 'ETH', {Large} - 1), (1, 'ETH', 1), (1, 'USDC', 10), (3, 'ETH', 4);
            insert into {_schema}.payout values (1, 'ETH', 5), (1, 'USDC', 3), (3, 'ETH', 4);
            """);

        BalanceReport report = await BalanceVerification.RunAsync(Ledger(), Token);

        (report.Accounts, report.Mismatched).ShouldBe((4, 0));
        report.Mismatches.ShouldBeEmpty();
        report.Differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_kind_of_difference_is_told_exactly()
    {
        await ExecuteAsync(
            $"""
            insert into {_schema}.balance values (1, 'ETH', {Large} + 1), (2, 'ETH', 9), (4, 'ETH', 3);
            insert into {_schema}.credit values (1, 'ETH', {Large}), (2, 'ETH', 10), (3, 'USDC', 6);
            """);

        BalanceReport report = await BalanceVerification.RunAsync(Ledger(), Token);

        report.Mismatches.ShouldBe(
        [
            new LedgerAccount("1", "ETH", Large + 1, Large, 0),
            new LedgerAccount("2", "ETH", 9, 10, 0),
            new LedgerAccount("3", "USDC", null, 6, 0),
            new LedgerAccount("4", "ETH", 3, 0, 0),
        ]);
        report.Mismatches.Select(static one => one.Difference).ShouldBe([1, -1, -6, 3]);
        report.Differences.ShouldBe(new Dictionary<string, BigInteger> { ["ETH"] = 3, ["USDC"] = -6 }, ignoreOrder: true);
    }

    [Fact]
    public async Task Whole_units_are_read_with_their_decimals_and_finer_amounts_are_refused()
    {
        await ExecuteAsync($"insert into {_schema}.balance values (1, 'BTC', 0.5); insert into {_schema}.credit values (1, 'BTC', 0.50000001)");

        (await BalanceVerification.RunAsync(Ledger(decimals: 8), Token)).Mismatches.ShouldHaveSingleItem().Difference.ShouldBe(-1);
        (await Should.ThrowAsync<ChainWatchException>(() => BalanceVerification.RunAsync(Ledger(decimals: 7), Token))).Message.ShouldContain("finer than 7 decimals");
    }

    [Fact]
    public async Task A_table_of_signed_entries_is_enough()
    {
        await ExecuteAsync($"insert into {_schema}.balance values (1, null, 4); insert into {_schema}.credit values (1, null, 10), (1, null, -6)");
        PostgresBalanceLedger ledger = new(_database, new LedgerTable($"{_schema}.balance", "customer", "Amount"), [new LedgerTable($"{_schema}.credit", "customer", "value")], []);

        (await BalanceVerification.RunAsync(ledger, Token)).Mismatched.ShouldBe(0);
    }

    [Fact]
    public async Task Names_are_names_and_nothing_else()
    {
        PostgresBalanceLedger ledger = new(_database, new LedgerTable($"{_schema}.balance", "customer", "Amount\" from x; drop table balance --"), [new LedgerTable($"{_schema}.credit", "customer", "value")], []);

        (await Should.ThrowAsync<ChainWatchException>(() => BalanceVerification.RunAsync(ledger, Token))).Message.ShouldContain("by the names that were given");
        Should.Throw<ArgumentException>(() => new PostgresBalanceLedger(_database, new LedgerTable("a..b", "c", "d"), [new LedgerTable("e", "f", "g")], []));
        Should.Throw<ArgumentException>(() => new PostgresBalanceLedger(_database, new LedgerTable("a", "c", "d", "asset"), [new LedgerTable("e", "f", "g")], []));
        Should.Throw<ArgumentException>(() => new PostgresBalanceLedger(_database, new LedgerTable("a", "c", "d"), [], []));
    }

    private PostgresBalanceLedger Ledger(int decimals = 0) => new(
        _database,
        new LedgerTable($"{_schema}.balance", "customer", "Amount", "currency"),
        [new LedgerTable($"{_schema}.credit", "customer", "value", "currency")],
        [new LedgerTable($"{_schema}.payout", "customer", "value", "currency")],
        decimals);

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
