using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor at nodes that answer otherwise than anvil: no receipts by block, no traces, a head that is final at once, empty lists where others say no.</summary>
public sealed class DialectTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(EthereumNodeKind.Hardhat)]
    [InlineData(EthereumNodeKind.Ganache)]
    public async Task A_node_with_another_dialect_is_followed_through_reverts(EthereumNodeKind kind)
    {
        var seed = Effort.Seed();
        var reverts = Effort.Of(normal: 20, @long: 250);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(kind);
        var traffic = await EthereumTraffic.CreateAsync(node, seed, withInternal: false);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        var scan = new ChainScan(node, traffic, withInternal: false);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        var settings = DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString, withInternal: false);
        // These nodes call their head final, and take it back at the next revert.
        settings["ChainWatch:Chains:ethereum:FinalityDepth"] = "64";
        if (kind == EthereumNodeKind.Ganache)
        {
            // It numbers logs anew in each transaction, and the monitor says that this is the setting for it.
            settings["ChainWatch:Chains:ethereum:SkippedChecks"] = "LogIndex";
        }

        await using var monitor = new DepositMonitorHost(settings);
        var random = new Random(seed);

        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);
        while (chaos.Reorgs < reverts)
        {
            await chaos.GrowAsync();
            if (random.Next(2) == 0)
            {
                await chaos.OutgrowAsync();
                await monitor.CatchUpAsync(node, database, Patience);
            }

            await chaos.ReorgAsync();
        }

        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await monitor.CatchUpAsync(node, database, Patience);
        await MonitorJudge.JudgeAsync(scan, database);
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }
}
