using System.Diagnostics;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>The engine in the test's own process, at a real node, with the embedded store.</summary>
public sealed class EmbeddedTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task The_embedded_store_too_holds_what_the_chain_says_after_many_reorgs()
    {
        var seed = Effort.Seed();
        var reorgs = Effort.Of(normal: 100, @long: 2000);
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        var scan = new ChainScan(node, traffic, withInternal: true);
        var random = new Random(seed);
        await using var monitor = await EmbeddedMonitor.StartAsync(node, traffic);

        var began = Stopwatch.GetTimestamp();
        while (chaos.Reorgs < reorgs)
        {
            await chaos.GrowAsync();
            if (random.Next(4) > 0)
            {
                await chaos.OutgrowAsync();
                await monitor.CatchUpAsync(node, Patience);
            }

            await chaos.ReorgAsync();
            if (chaos.Reorgs % 20 == 0)
            {
                await scan.RememberAsync();
            }
        }

        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await monitor.CatchUpAsync(node, Patience);
        Effort.Say($"{chaos.Reorgs} reorgs, {traffic.Sent} transactions in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");

        var truth = await scan.ReadAsync();
        var records = await monitor.ReadRecordsAsync();
        MonitorVerdict.FindFaults(records, truth, firstHeight: 0).ShouldBe("");
        records.Events.Select(one => one.Kind).Distinct().ShouldBe(["detected", "confirmed", "moved", "retracted"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_address_that_is_registered_since_the_beginning_has_its_past_read_while_the_chain_goes_on()
    {
        var seed = Effort.Seed();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed);
        var scan = new ChainScan(node, traffic, withInternal: true);
        await using var monitor = await EmbeddedMonitor.StartAsync(node, traffic, evm => evm.Addresses.Clear());

        foreach (var address in traffic.Watched)
        {
            await chaos.GrowAsync();
            await chaos.GrowAsync();
            await chaos.ReorgAsync();
            var adding = monitor.Watchlist.AddAsync("ethereum", address, PaymentReference.For("order", address), since: 0, CancellationToken.None);
            while (!adding.IsCompleted)
            {
                await chaos.GrowAsync();
            }

            await adding;
        }

        await chaos.SettleAsync(EthereumChaos.SettledDepth);
        await monitor.CatchUpAsync(node, Patience);
        var truth = await scan.ReadAsync();
        truth.Count.ShouldBeGreaterThan(20);
        MonitorVerdict.FindFaults(await monitor.ReadRecordsAsync(), truth, firstHeight: 0).ShouldBe("");
    }
}
