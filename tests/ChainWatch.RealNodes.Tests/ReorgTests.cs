using System.Diagnostics;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor on a chain whose end is replaced all the time.</summary>
public sealed class ReorgTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task After_hundreds_of_reorgs_under_traffic_the_records_are_what_the_chain_says()
    {
        var seed = Effort.Seed();
        var reorgs = Effort.Of(normal: 200, @long: 2000);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        var scan = new ChainScan(node, traffic, withInternal: true);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        await using var monitor = new DepositMonitorHost(DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString));
        var random = new Random(seed);

        var began = Stopwatch.GetTimestamp();
        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);
        while (chaos.Reorgs < reorgs)
        {
            await chaos.GrowAsync();
            // Most of the time the monitor has read what is about to go; otherwise it reads while it goes.
            if (random.Next(4) > 0)
            {
                await chaos.OutgrowAsync();
                await monitor.CatchUpAsync(node, database, Patience);
            }

            await chaos.ReorgAsync();
            if (chaos.Reorgs % 20 == 0)
            {
                await scan.RememberAsync();
            }
        }

        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await monitor.CatchUpAsync(node, database, Patience);
        Effort.Say($"{chaos.Reorgs} reorgs, {traffic.Sent} transactions in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");

        await MonitorJudge.JudgeAsync(scan, database);
        monitor.Starts.ShouldBe(1);
        var kinds = (await database.ReadEventsAsync()).CountBy(one => one.Kind).ToDictionary();
        Effort.Say(string.Join(", ", kinds.Select(pair => $"{pair.Value} {pair.Key}")));
        // Otherwise nothing was put to the test.
        kinds.Keys.ShouldBe(["detected", "confirmed", "moved", "retracted"], ignoreOrder: true);
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }
}
