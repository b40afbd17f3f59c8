using System.Globalization;
using ChainWatch.Evm;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Records in PostgreSQL against a real node: each kind of difference is put there by hand, found, explained, and repaired where that is allowed.</summary>
public sealed class EthereumReconciliationTests
{
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
        ReconciledRecords records = new(postgres, host, "ethereum");
        await CatchUpAsync(node, records);
        await records.ChangeAsync($"delete from chainwatch.payment where tx_id = '{paid[0]}'");
        await records.ChangeAsync($"update chainwatch.payment set amount = 5 where tx_id = '{paid[1]}'");
        await records.ForgeAsync(like: paid[2], transaction: $"0x{new string('e', 64)}");

        var found = await records.ReconcileAsync(new ReconciliationRequest { Repair = true });

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
        (await records.Database.ReadEventsAsync()).Count(one => one.Kind == "detected").ShouldBe(8, "nobody was told twice");
        (await records.ReconcileAsync()).Select(one => one.Kind).ShouldBe([DiscrepancyKind.ExtraPayment, DiscrepancyKind.InternalTransfer], ignoreOrder: true);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_changes_a_balance_without_a_payment_is_explained_and_alarms_nobody()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, Effort.Seed(), watched: 6, withInternal: false);
        var rebasing = await TestContracts.DeployLedgerTokenAsync(node, feeOneIn: 0);
        var charging = await TestContracts.DeployLedgerTokenAsync(node, feeOneIn: 10);
        var (grown, shrunk, charged, caller, miner) = (traffic.Watched[0], traffic.Watched[1], traffic.Watched[2], traffic.Watched[3], traffic.Watched[4]);
        await SendAsync(node, rebasing, 0, TestContracts.Transfer(grown, 100));
        await SendAsync(node, rebasing, 0, TestContracts.Transfer(shrunk, 100));
        await SendAsync(node, charging, 0, TestContracts.Transfer(charged, 100));
        await SendAsync(node, caller, 1_000_000_000_000_000_000);
        await node.MineAsync();
        await SendAsync(node, rebasing, 0, TestContracts.Rebase(grown, 7));
        await SendAsync(node, rebasing, 0, TestContracts.Rebase(shrunk, -3));
        await node.Rpc.CallAsync("anvil_impersonateAccount", caller);
        await node.Rpc.CallAsync("eth_sendTransaction", new { from = caller, to = node.Accounts[0], value = "0x0", gas = "0x5208" });
        await node.MineAsync();
        // The tip of what is in this block is its miner's.
        await node.Rpc.CallAsync("anvil_setCoinbase", miner);
        await node.Rpc.CallAsync("eth_sendTransaction", new { from = node.Accounts[1], to = node.Accounts[0], value = "0x1", gas = "0x5208", gasPrice = "0x4a817c800" });
        await node.MineAsync();
        await node.Rpc.CallAsync("anvil_setCoinbase", $"0x{new string('0', 40)}");
        await node.MineAsync(20);

        using var host = Create(node, traffic, postgres.ConnectionString, withInternal: false, ("REBASING", rebasing), ("CHARGING", charging));
        await host.StartAsync(TestContext.Current.CancellationToken);
        ReconciledRecords records = new(postgres, host, "ethereum");
        await CatchUpAsync(node, records);

        var found = await records.ReconcileAsync();

        found.Select(one => (one.Address, one.Kind, one.Asset)).ShouldBe(
            [
                (grown, DiscrepancyKind.RebasingToken, "REBASING"),
                (shrunk, DiscrepancyKind.RebasingToken, "REBASING"),
                (charged, DiscrepancyKind.FeeOnTransfer, "CHARGING"),
                (caller, DiscrepancyKind.Gas, "ETH"),
                (miner, DiscrepancyKind.Reward, "ETH"),
            ],
            ignoreOrder: true,
            string.Join('\n', found));
        found.Where(one => one.Asset != "ETH").Select(one => (one.Recorded, one.OnChain)).ShouldBe([(0, 7), (0, -3), (100, 90)], ignoreOrder: true);
        found.ShouldAllBe(one => one.IsHarmless && !one.IsAlarm && one.Result == ReconciliationResult.Matched);
        (await records.ReconcileAsync()).ShouldBeEmpty("what is explained is told once");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Under_reorgs_and_traffic_nothing_is_said_that_is_not_so()
    {
        var runs = Effort.Of(normal: 6, @long: 200);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, Effort.Seed(), watched: 10);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, Effort.Seed());
        using var host = Create(node, traffic, postgres.ConnectionString, withInternal: true);
        await host.StartAsync(TestContext.Current.CancellationToken);
        ReconciledRecords records = new(postgres, host, "ethereum");
        await CatchUpAsync(node, records);
        using CancellationTokenSource stop = new();
        var stirring = StirAsync(chaos, node, records, stop.Token);
        List<Discrepancy> alarms = [];
        for (var run = 0; run < runs; run++)
        {
            alarms.AddRange((await records.ReconcileAsync()).Where(one => one.IsAlarm));
            if (stirring.IsCompleted)
            {
                await stirring;
            }
        }

        await stop.CancelAsync();
        await stirring;
        alarms.ShouldBeEmpty();
        chaos.Reorgs.ShouldBeGreaterThan(0);
        Effort.Say($"{runs} reconciliations beside {chaos.Reorgs} reorgs and {traffic.Sent} transactions");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Lets the chain change as fast as it can be followed: where the follower falls behind, reconciliation waits, as it should, and would wait for ever.</summary>
    private static async Task StirAsync(EthereumChaos chaos, EthereumNode node, ReconciledRecords records, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await chaos.ReorgAsync();
            await chaos.GrowAsync();
            await chaos.OutgrowAsync();
            await CatchUpAsync(node, records);
        }
    }

    private static async Task CatchUpAsync(EthereumNode node, ReconciledRecords records) =>
        await records.CatchUpAsync((await node.Rpc.CallAsync("eth_getBlockByNumber", "latest", false))!["hash"]!.GetValue<string>());

    private static Task<string> SendAsync(EthereumNode node, string to, long value, string data = "0x") =>
        node.Rpc.CallTextAsync("eth_sendTransaction", new { from = node.Accounts[1], to, value = "0x" + value.ToString("x", CultureInfo.InvariantCulture), data, gas = "0x30d40" });

    private static IHost Create(EthereumNode node, EthereumTraffic traffic, string connectionString, bool withInternal, params (string Symbol, string Contract)[] tokens)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(new LastLog());
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
                foreach (var (symbol, contract) in tokens)
                {
                    evm.Tokens.Add(symbol, contract, decimals: 0);
                }

                // Not the tokens of the traffic: they tell transfers, and keep no balances.
                foreach (var address in traffic.Watched)
                {
                    evm.Addresses.Add(address);
                }
            });
        });
        return builder.Build();
    }
}
