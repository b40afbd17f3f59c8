using System.Globalization;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// The database fails over to a replica that lacks its last commits, while the chain replaces blocks that the replica still has: nothing of it is lost or doubled, since the
/// chain is the source, and the cursor went back together with the payments and what the handler wrote.
/// </summary>
public sealed class FailoverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task After_a_failover_that_loses_commits_everything_above_the_last_final_block_is_verified_and_nothing_is_lost()
    {
        var seed = Effort.Seed();
        await using var primary = await PostgresServer.StartNewAsync();
        Assert.SkipUnless(primary.CanHaveStandbys, "This PostgreSQL comes without pg_basebackup, which makes a standby.");
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed, withInternal: false);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        var scan = new ChainScan(node, traffic, withInternal: false);
        await using var replica = await PostgresServer.StartStandbyAsync(primary);
        var both = string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1:{primary.Port},127.0.0.1:{replica.Port};Username=postgres;Database=postgres;Timeout=10");
        var settings = DepositMonitorHost.SettingsFor(node, traffic, both, withInternal: false);
        await using var one = new DepositMonitorHost(settings);
        await using var two = new DepositMonitorHost(settings);
        var before = new MonitorDatabase(primary.ConnectionString, "ethereum");
        var after = new MonitorDatabase(replica.ConnectionString, "ethereum");
        one.Start();
        two.Start();
        await GrowAsync(20);
        await one.CatchUpAsync(node, before, Patience);
        await Eventually.BecomesTrueAsync(async _ => await after.ReadCursorAsync() == await before.ReadCursorAsync(), Patience, () => "the replica does not follow");

        await replica.StopAsync();
        await GrowAsync(20);
        await one.CatchUpAsync(node, before, Patience);
        var lost = (await before.ReadEventsAsync()).Count;
        await primary.StopAsync("immediate");
        await chaos.ReorgAsync();
        await GrowAsync(5);
        await replica.StartAsync();
        lost -= (await after.ReadEventsAsync()).Count;
        await replica.PromoteAsync();

        await chaos.OutgrowAsync();
        await one.CatchUpAsync(node, after, Patience);
        await GrowAsync(5);
        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await one.CatchUpAsync(node, after, Patience);
        await MonitorJudge.JudgeAsync(scan, after);
        lost.ShouldBeGreaterThan(0, "a failover that loses nothing shows nothing");
        // StoreReplaced: whoever leads now has found out by itself.
        (one.Output + two.Output).ShouldContain("\"EventId\":4006");
        Effort.Say($"the replica lacked {lost} events, and has them all again");
        (await one.StopAsync()).ShouldBe(0, one.LastLines);
        (await two.StopAsync()).ShouldBe(0, two.LastLines);

        async Task GrowAsync(int blocks)
        {
            for (var block = 0; block < blocks; block++)
            {
                await chaos.GrowAsync();
            }
        }
    }
}
