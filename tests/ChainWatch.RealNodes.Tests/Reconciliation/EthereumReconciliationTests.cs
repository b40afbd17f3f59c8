using System.Globalization;
using ChainWatch.Evm;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Records in PostgreSQL against a real node: each kind of difference is put there by hand, found, explained, and repaired where that is allowed.</summary>
public sealed class EthereumReconciliationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Each_kind_of_difference_is_found_explained_and_repaired_where_it_may_be()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, Effort.Seed(), watched: 8, withInternal: false);
        string[] paid = new string[8];
        for (var index = 0; index < 8; index++)
        {
            paid[index] = await SendAsync(node, traffic.Watched[index], 1_000_000_000_000_000_000 + index);
            await node.MineAsync();
        }

        // What a contract passes on, with traces turned off, is seen by nobody.
        await SendAsync(node, traffic.Contracts.ForwarderAddress, 777, "0x" + Quantity.Word(traffic.Watched[3]));
        await node.MineAsync();
        var owner = traffic.Watched[4];
        await node.Rpc.CallAsync("anvil_impersonateAccount", owner);
        await node.Rpc.CallAsync("eth_sendTransaction", new { from = owner, to = node.Accounts[0], value = "0x10", gas = "0x5208" });
        await node.MineAsync();
        await node.MineAsync(20);

        using var host = Create(node, traffic, postgres.ConnectionString, withInternal: false);
        await host.StartAsync(TestContext.Current.CancellationToken);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        await CatchUpAsync(node, database);
        await ExecuteAsync(postgres, $"delete from chainwatch.payment where tx_id = '{paid[0]}'");
        await ExecuteAsync(postgres, $"update chainwatch.payment set amount = 5 where tx_id = '{paid[1]}'");
        await ExecuteAsync(
            postgres,
            $"""
            insert into chainwatch.payment (chain, tx_id, ordinal, address, key, asset, amount, status, block_height, block_hash, block_slot, confirmation_mark, confirmation_height, detected_at, partition)
            select chain, '0x{new string('e', 64)}', 0, address, key, asset, 99, status, block_height, block_hash, block_slot, confirmation_mark, confirmation_height, detected_at, partition
            from chainwatch.payment where tx_id = '{paid[2]}'
            """);

        var found = await ReconcileAsync(host, new ReconciliationRequest { Repair = true });

        found.Select(one => (one.Address, one.Kind, one.Repair)).ShouldBe(
            [
                (traffic.Watched[0], DiscrepancyKind.MissingPayment, RepairState.Repaired),
                (traffic.Watched[1], DiscrepancyKind.ChangedPayment, RepairState.Repaired),
                (traffic.Watched[2], DiscrepancyKind.ExtraPayment, RepairState.Operator),
                (traffic.Watched[3], DiscrepancyKind.InternalTransfer, RepairState.Operator),
                (traffic.Watched[4], DiscrepancyKind.SpentByOwner, RepairState.None),
            ],
            ignoreOrder: true,
            string.Join('\n', found));
        found.Single(one => one.Kind == DiscrepancyKind.InternalTransfer).OnChain.ShouldBe(777);
        found.Single(one => one.Kind == DiscrepancyKind.MissingPayment).TransactionId.ShouldBe(paid[0]);
        (await database.ReadEventsAsync()).Count(one => one.Kind == "detected").ShouldBe(8, "nobody was told twice");
        (await ReconcileAsync(host, new ReconciliationRequest())).Select(one => one.Kind).ShouldBe([DiscrepancyKind.ExtraPayment, DiscrepancyKind.InternalTransfer], ignoreOrder: true);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Under_reorgs_and_traffic_nothing_is_said_that_is_not_so()
    {
        var runs = Effort.Of(normal: 10, @long: 200);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, Effort.Seed(), watched: 10);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, Effort.Seed());
        using var host = Create(node, traffic, postgres.ConnectionString, withInternal: true);
        await host.StartAsync(TestContext.Current.CancellationToken);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        await CatchUpAsync(node, database);
        using CancellationTokenSource stop = new();
        var stirring = StirAsync(chaos, node, database, stop.Token);
        List<Discrepancy> alarms = [];
        for (var run = 0; run < runs; run++)
        {
            alarms.AddRange((await ReconcileAsync(host, new ReconciliationRequest())).Where(one => one.IsAlarm));
        }

        await stop.CancelAsync();
        await stirring;
        alarms.ShouldBeEmpty();
        chaos.Reorgs.ShouldBeGreaterThan(0);
        Effort.Say($"{runs} reconciliations beside {chaos.Reorgs} reorgs and {traffic.Sent} transactions");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Lets the chain change as fast as it can be followed: where the follower falls behind, reconciliation waits, as it should, and would wait for ever.</summary>
    private static async Task StirAsync(EthereumChaos chaos, EthereumNode node, MonitorDatabase database, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await chaos.ReorgAsync();
            await chaos.GrowAsync();
            await chaos.OutgrowAsync();
            await CatchUpAsync(node, database);
        }
    }

    private static async Task<IReadOnlyList<Discrepancy>> ReconcileAsync(IHost host, ReconciliationRequest request)
    {
        var reconciliation = host.Services.GetRequiredService<IReconciliation>();
        var id = await reconciliation.RequestAsync("ethereum", request, TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(
            async _ => (await reconciliation.FindAsync("ethereum", id, CancellationToken.None))!.State == ReconciliationState.Done, Patience, () => $"reconciliation {id} does not end");
        var run = (await reconciliation.FindAsync("ethereum", id, CancellationToken.None))!;
        run.Counts.Total.ShouldBe(run.Addresses);
        return await reconciliation.ReadDiscrepanciesAsync("ethereum", id, 1000, CancellationToken.None);
    }

    private static async Task CatchUpAsync(EthereumNode node, MonitorDatabase database)
    {
        var head = (await node.Rpc.CallAsync("eth_getBlockByNumber", "latest", false))!["hash"]!.GetValue<string>();
        await Eventually.BecomesTrueAsync(async _ => await HoldsAsync(database, head), Patience, () => $"block {head} is not committed");
    }

    private static async Task<bool> HoldsAsync(MonitorDatabase database, string head)
    {
        try
        {
            return await database.HoldsBlockAsync(head);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // The host has not set the schema up yet.
            return false;
        }
    }

    private static Task<string> SendAsync(EthereumNode node, string to, long value, string data = "0x") =>
        node.Rpc.CallTextAsync("eth_sendTransaction", new { from = node.Accounts[1], to, value = "0x" + value.ToString("x", CultureInfo.InvariantCulture), data, gas = "0x30d40" });

    private static async Task ExecuteAsync(PostgresServer postgres, string sql)
    {
        await using NpgsqlConnection connection = new(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand command = new(sql, connection);
        (await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1, sql);
    }

    private static IHost Create(EthereumNode node, EthereumTraffic traffic, string connectionString, bool withInternal)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddChainWatch(watch =>
        {
            watch.UsePostgres(connectionString);
            watch.AddEvm("ethereum", evm =>
            {
                evm.Endpoints.Add(node.Url, node.WebSocketUrl);
                evm.StartAt = "0";
                evm.Confirmations = "12";
                evm.PollInterval = TimeSpan.FromMilliseconds(100);
                evm.InternalTransfers = withInternal;
                // No token: those of the test's contracts tell transfers, and keep no balances.
                foreach (var address in traffic.Watched)
                {
                    evm.Addresses.Add(address);
                }
            });
        });
        return builder.Build();
    }
}
