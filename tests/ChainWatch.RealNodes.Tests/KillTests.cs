using System.Diagnostics;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor killed at any moment.</summary>
public sealed class KillTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Killed_at_random_moments_it_loses_nothing_and_doubles_nothing()
    {
        var seed = Effort.Seed();
        var cycles = Effort.Of(normal: 100, @long: 1000);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        var scan = new ChainScan(node, traffic, withInternal: true);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        await using var monitor = new DepositMonitorHost(DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString));
        var random = new Random(seed);

        // The tables are there before the first kill, so that progress can be asked for.
        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);
        await monitor.KillAsync();

        var began = Stopwatch.GetTimestamp();
        var inWork = 0;
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            var before = await database.ReadCursorAsync();
            monitor.Start();
            // Either anywhere in its life, its start included, or while it surely writes.
            var kill = Stopwatch.GetTimestamp() + (long)(random.NextDouble() * 0.8 * Stopwatch.Frequency);
            if (random.Next(2) == 0)
            {
                await chaos.GrowAsync();
                await Eventually.BecomesTrueAsync(async _ => await database.ReadCursorAsync() != before, Patience, () => monitor.LastLines);
                kill = Stopwatch.GetTimestamp() + (long)(random.NextDouble() * 0.2 * Stopwatch.Frequency);
                inWork++;
            }

            while (Stopwatch.GetTimestamp() < kill)
            {
                await (random.Next(8) == 0 ? chaos.ReorgAsync() : chaos.GrowAsync());
                // A pace that a chain could have; the kill comes when its moment has come.
                await Task.Delay(Math.Clamp((int)((kill - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency), 0, random.Next(5, 40)));
            }

            await monitor.KillAsync();
            if (cycle % 5 == 0)
            {
                await scan.RememberAsync();
            }
        }

        Effort.Say($"{cycles} kills, {inWork} of them surely in the middle of work, {chaos.Reorgs} reorgs, {traffic.Sent} transactions in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");
        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await monitor.CatchUpAsync(node, database, Patience);
        await MonitorJudge.JudgeAsync(scan, database);
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);
    }
}
