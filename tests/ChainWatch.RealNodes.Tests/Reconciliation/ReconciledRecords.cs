using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.RealNodes.Tests;

/// <summary>The records of a chain in a database, which a host keeps and reconciles, and in which the test changes rows by hand.</summary>
internal sealed class ReconciledRecords(PostgresServer postgres, IHost host, string chain)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public MonitorDatabase Database { get; } = new(postgres.ConnectionString, chain);

    /// <summary>Asks for a reconciliation, and waits until it is done.</summary>
    public async Task<IReadOnlyList<Discrepancy>> ReconcileAsync(ReconciliationRequest? request = null)
    {
        var reconciliation = host.Services.GetRequiredService<IReconciliation>();
        var id = await reconciliation.RequestAsync(chain, request ?? new ReconciliationRequest(), TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(
            async _ => (await reconciliation.FindAsync(chain, id, CancellationToken.None))!.State == ReconciliationState.Done,
            Patience,
            () => $"reconciliation {id} does not end\n{LastLines}");
        var run = (await reconciliation.FindAsync(chain, id, CancellationToken.None))!;
        run.Counts.Total.ShouldBe(run.Addresses);
        return await reconciliation.ReadDiscrepanciesAsync(chain, id, 1000, CancellationToken.None);
    }

    /// <summary>Waits until a block is committed.</summary>
    public Task CatchUpAsync(string head) => Eventually.BecomesTrueAsync(async _ => await HoldsAsync(head), Patience, () => $"block {head} is not committed\n{LastLines}");

    /// <summary>Changes one row.</summary>
    public async Task ChangeAsync(string sql)
    {
        await using NpgsqlConnection connection = new(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand command = new(sql, connection);
        (await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1, sql);
    }

    /// <summary>Puts in a payment that no block holds, as one that is recorded, with something else in some of its columns.</summary>
    public Task ForgeAsync(string like, string transaction, string? block = null) => ChangeAsync(
        $"""
        insert into chainwatch.payment (chain, tx_id, ordinal, address, key, asset, amount, status, block_height, block_hash, block_slot, confirmation_mark, confirmation_height, detected_at, partition)
        select chain, '{transaction}', 0, address, key, asset, 99, status, block_height, {(block is null ? "block_hash" : $"'{block}'")}, block_slot, confirmation_mark, confirmation_height, detected_at, partition
        from chainwatch.payment where tx_id = '{like}'
        """);

    private LastLog? LastLines => host.Services.GetServices<ILoggerProvider>().OfType<LastLog>().SingleOrDefault();

    private async Task<bool> HoldsAsync(string head)
    {
        try
        {
            return await Database.HoldsBlockAsync(head);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // The host has not set the schema up yet.
            return false;
        }
    }
}
