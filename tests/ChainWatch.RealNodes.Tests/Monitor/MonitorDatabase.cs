using System.Numerics;
using Npgsql;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Reads what DepositMonitor wrote, by the tables and columns that are promised to others.</summary>
internal sealed class MonitorDatabase(string connectionString, string chain)
{
    // A server that was stopped under a pooled connection would make the next test of it fail: every question opens its own.
    private readonly string _connectionString = $"{connectionString};Pooling=false;Timeout=5";

    public async Task<MonitorRecords> ReadRecordsAsync() => new()
    {
        Payments = await ReadPaymentsAsync(),
        Events = await ReadEventsAsync(),
        Blocks = await ReadCanonicalBlocksAsync(),
        Coverage = await ReadCoverageAsync(),
        Cursor = (await ReadCursorAsync())?.Height ?? -1,
        Handled = await ReadHandledAsync(),
        Balances = await ReadBalancesAsync(),
    };

    public Task<List<StoredPayment>> ReadPaymentsAsync() => ReadAsync(
        "select tx_id, ordinal, address, asset, amount, status, block_height, block_hash from chainwatch.payment where chain = $1",
        reader => new StoredPayment(
            reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetFieldValue<BigInteger>(4), reader.GetString(5), reader.GetInt64(6), reader.GetString(7)));

    public Task<List<StoredEvent>> ReadEventsAsync() => ReadAsync(
        "select sequence, tx_id, ordinal, kind, block_height, block_hash from chainwatch.payment_event where chain = $1 order by sequence",
        reader => new StoredEvent(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5)));

    public Task<List<StoredEvent>> ReadHandledAsync() => ReadAsync(
        "select sequence, tx_id, ordinal, kind, block_height, block_hash from deposit_event where chain = $1 order by sequence",
        reader => new StoredEvent(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5)));

    public Task<List<StoredBalance>> ReadBalancesAsync() => ReadAsync(
        "select address, asset, pending, confirmed from deposit_balance where chain = $1",
        reader => new StoredBalance(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<BigInteger>(2), reader.GetFieldValue<BigInteger>(3)));

    public Task<List<StoredSpend>> ReadSpendsAsync() => ReadAsync(
        "select tx_id, output, spent_by, block_height from chainwatch.spend where chain = $1",
        reader => new StoredSpend(reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3)));

    public Task<List<StoredBlock>> ReadCanonicalBlocksAsync() => ReadAsync(
        "select height, hash, parent_hash from chainwatch.block where chain = $1 and canonical order by height",
        reader => new StoredBlock(reader.GetInt64(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2)));

    public Task<List<(long From, long To)>> ReadCoverageAsync() => ReadAsync(
        "select from_height, to_height from chainwatch.coverage where chain = $1 and partition = 0 and pass = 1 order by from_height",
        reader => (reader.GetInt64(0), reader.GetInt64(1)));

    public async Task<(long Height, string Hash)?> ReadCursorAsync() =>
        (await ReadAsync<(long, string)?>("select height, hash from chainwatch.cursor where chain = $1 and partition = 0", reader => (reader.GetInt64(0), reader.GetString(1)))).SingleOrDefault();

    /// <summary>Whether a block is one of the canonical ones.</summary>
    public async Task<bool> HoldsBlockAsync(string hash) =>
        (await ReadAsync("select hash from chainwatch.block where chain = $1 and canonical order by height desc limit 100", reader => reader.GetString(0))).Contains(hash);

    public async Task<long> CountOutboxAsync() => (await ReadAsync("select count(*) from chainwatch.outbox where chain = $1", reader => reader.GetInt64(0))).Single();

    public async Task<long> CountBackScansAsync() => (await ReadAsync("select count(*) from chainwatch.back_scan where chain = $1", reader => reader.GetInt64(0))).Single();

    public async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        if (sql.Contains("$1", StringComparison.Ordinal))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = chain });
        }

        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
