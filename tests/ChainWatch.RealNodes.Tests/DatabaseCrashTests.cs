using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor whose PostgreSQL is taken away in the middle of its work.</summary>
public sealed class DatabaseCrashTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_database_that_crashes_again_and_again_loses_nothing_and_doubles_nothing()
    {
        var seed = Effort.Seed();
        var crashes = Effort.Of(normal: 20, @long: 100);
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        var scan = new ChainScan(node, traffic, withInternal: true);
        var database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        await using var monitor = new DepositMonitorHost(DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString));
        var random = new Random(seed);

        monitor.Start();
        await monitor.CatchUpAsync(node, database, Patience);
        for (var crash = 0; crash < crashes; crash++)
        {
            var working = new TaskCompletionSource();
            var stop = StopAfterAsync(working.Task);
            for (var steps = random.Next(1, 12); steps > 0; steps--)
            {
                await (random.Next(8) == 0 ? chaos.ReorgAsync() : chaos.GrowAsync());
            }

            working.SetResult();
            await stop;
            // Without its database too there are new blocks, and blocks that go.
            await chaos.GrowAsync();
            await chaos.ReorgAsync();
            await postgres.StartAsync();
            await chaos.OutgrowAsync();
            await monitor.CatchUpAsync(node, database, Patience);
        }

        Effort.Say($"{crashes} crashes, {monitor.Starts} starts, {chaos.Reorgs} reorgs, {traffic.Sent} transactions");
        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await monitor.CatchUpAsync(node, database, Patience);
        await MonitorJudge.JudgeAsync(scan, database);
        (await monitor.StopAsync()).ShouldBe(0, monitor.LastLines);

        // The stop begins while blocks are still coming.
        async Task StopAfterAsync(Task working)
        {
            if (random.Next(2) == 0)
            {
                await working;
            }

            await postgres.StopAsync("immediate");
        }
    }
}
