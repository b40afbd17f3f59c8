using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>The judge and the traffic themselves: a test that cannot see a payment proves nothing.</summary>
public sealed class EthereumTestChainTests
{
    [Fact]
    public async Task The_chain_that_the_others_are_judged_by_holds_payments_of_every_sort_after_many_reorgs()
    {
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed: 1);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed: 1);
        for (var step = 0; step < 60; step++)
        {
            await chaos.GrowAsync();
            await chaos.ReorgAsync();
        }

        var all = await new ChainScan(node, traffic, withInternal: true).ReadAsync();
        var outer = await new ChainScan(node, traffic, withInternal: false).ReadAsync();

        chaos.Reorgs.ShouldBeGreaterThan(40);
        all.Count.ShouldBeGreaterThan(outer.Count);
        outer.Count(transfer => transfer.Asset == "ETH").ShouldBeGreaterThan(0);
        outer.Count(transfer => transfer.Asset == "TST").ShouldBeGreaterThan(0);
        all.Count.ShouldBeLessThan(traffic.Sent);
        // Twice to one address in one transaction.
        all.GroupBy(transfer => transfer.TransactionId).ShouldContain(group => group.Count() == 2);
    }

    [Theory]
    [InlineData(EthereumNodeKind.Hardhat)]
    [InlineData(EthereumNodeKind.Ganache)]
    public async Task A_node_that_cannot_reorg_in_place_reverts(EthereumNodeKind kind)
    {
        await using var node = await EthereumNode.StartAsync(kind);
        var traffic = await EthereumTraffic.CreateAsync(node, seed: 1, withInternal: false);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed: 1);
        for (var step = 0; step < 10; step++)
        {
            await chaos.GrowAsync();
            await chaos.ReorgAsync();
        }

        var transfers = await new ChainScan(node, traffic, withInternal: false).ReadAsync();

        chaos.Reorgs.ShouldBeGreaterThan(5);
        transfers.Count(transfer => transfer.Asset == "ETH").ShouldBeGreaterThan(0);
        transfers.Count(transfer => transfer.Asset == "TST").ShouldBeGreaterThan(0);
    }
}
