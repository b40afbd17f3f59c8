using System.Globalization;
using System.Numerics;
using ChainWatch.Evm;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>What the state reader says a node holds is what the node itself says, asked plainly.</summary>
public sealed class EthereumStateTests
{
    [Theory]
    [InlineData(EthereumNodeKind.Anvil)]
    [InlineData(EthereumNodeKind.Hardhat)]
    [InlineData(EthereumNodeKind.Ganache)]
    public async Task Balances_are_read_at_the_head_and_at_a_block_below_it(EthereumNodeKind kind)
    {
        await using var node = await EthereumNode.StartAsync(kind);
        var traffic = await EthereumTraffic.CreateAsync(node, Effort.Seed(), withInternal: false);
        var chaos = await EthereumChaos.CreateAsync(node, traffic, seed: 1);
        for (var step = 0; step < 5; step++)
        {
            await chaos.GrowAsync();
        }

        await using var monitor = await EmbeddedMonitor.StartAsync(node, traffic, evm => evm.InternalTransfers = false);
        var keys = traffic.Watched.Select(EvmFormat.Instance.ParseAddress).ToList();
        var head = await PointAsync(node, "latest");
        var below = await PointAsync(node, "0x" + (head.Height - 4).ToString("x", CultureInfo.InvariantCulture));

        var now = await monitor.StateReader.ReadStateAsync(keys, at: null, CancellationToken.None);
        var before = await monitor.StateReader.ReadStateAsync(keys, below, CancellationToken.None);

        now.IsFound.ShouldBeTrue(now.Reason);
        before.IsFound.ShouldBeTrue(before.Reason);
        now.Value.Point.ShouldBe(head);
        before.Value.Point.ShouldBe(below);
        await CompareAsync(node, traffic, now.Value);
        await CompareAsync(node, traffic, before.Value);
        now.Value.Addresses.ShouldContain(address => address.Balances.Any(balance => balance.Amount > 0));
    }

    [Fact]
    public async Task The_state_of_a_block_that_was_replaced_and_of_one_to_come_is_not_told()
    {
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, Effort.Seed());
        await node.MineAsync(5);
        await using var monitor = await EmbeddedMonitor.StartAsync(node, traffic);
        var key = EvmFormat.Instance.ParseAddress(traffic.Watched[0]);
        var replaced = await PointAsync(node, "latest");
        await node.Rpc.CallAsync("anvil_reorg", 2, Array.Empty<object>());
        var head = await PointAsync(node, "latest");
        head.ShouldNotBe(replaced);

        (await monitor.StateReader.ReadStateAsync([key], replaced, CancellationToken.None)).Kind.ShouldBe(AnswerKind.Unknown);
        (await monitor.StateReader.ReadStateAsync([key], head with { Height = head.Height + 9, Hash = replaced.Hash }, CancellationToken.None)).Kind.ShouldBe(AnswerKind.NotYet);
        (await monitor.StateReader.ReadStateAsync([key], head, CancellationToken.None)).Kind.ShouldBe(AnswerKind.Found);
    }

    private static async Task CompareAsync(EthereumNode node, EthereumTraffic traffic, ChainState state)
    {
        var at = "0x" + state.Point.Height.ToString("x", CultureInfo.InvariantCulture);
        foreach (var address in state.Addresses)
        {
            var holder = $"0x{address.Key}";
            var ether = await node.Rpc.CallTextAsync("eth_getBalance", holder, at);
            var token = await node.Rpc.CallTextAsync("eth_call", new { to = traffic.Contracts.TokenAddress, data = "0x70a08231000000000000000000000000" + holder[2..] }, at);
            address.Balances.Select(balance => (balance.Asset.Symbol, balance.Amount)).ShouldBe([("ETH", Number(ether)), ("TST", Number(token))], holder);
        }
    }

    private static BigInteger Number(string hex) => BigInteger.Parse("0" + hex[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static async Task<ChainPoint> PointAsync(EthereumNode node, string block)
    {
        var header = await node.Rpc.CallAsync("eth_getBlockByNumber", block, false);
        return new ChainPoint((long)Number(header!["number"]!.GetValue<string>()), Hash256.Parse(header["hash"]!.GetValue<string>()));
    }
}
