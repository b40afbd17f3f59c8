using System.Numerics;
using ChainWatch.Bitcoin;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.RealNodes.Tests;

/// <summary>The unspent outputs that the state reader tells are those that a scan of all blocks finds.</summary>
public sealed class BitcoinStateTests
{
    [Theory]
    [InlineData(BitcoinNodeKind.Knots, "regtest", "BTC")]
    [InlineData(BitcoinNodeKind.Litecoin, "litecoin-regtest", "LTC")]
    public async Task Unspent_outputs_are_those_of_the_chain_at_the_block_that_is_named(BitcoinNodeKind kind, string network, string symbol)
    {
        await using var node = await BitcoinNode.StartAsync(kind);
        var traffic = await BitcoinTraffic.CreateAsync(node, Effort.Seed());
        for (var block = 0; block < 10; block++)
        {
            for (var transaction = 0; transaction < 5; transaction++)
            {
                await traffic.SendAsync();
            }

            await node.MineAsync(1, traffic.RandomMiner());
        }

        var parameters = BitcoinNetwork.Find(network)!;
        var format = new BitcoinFormat(parameters);
        var coin = new Asset { Symbol = symbol, Decimals = 8 };
        var options = new EndpointOptions { Url = node.Url, CredentialsFile = node.CookieFile };
        var client = new EndpointClient("bitcoin", "node", options, TimeProvider.System, NullLogger.Instance);
        var pool = new EndpointPool<BitcoinEndpoint>([new BitcoinEndpoint(new ChainWatch.JsonRpcClient(client, BitcoinErrors.Classify), parameters)], TimeProvider.System, NullLogger.Instance);
        var reader = new BitcoinStateReader(pool, coin, TimeProvider.System);

        var answer = await reader.ReadStateAsync([.. traffic.Watched.Select(format.ParseAddress)], at: null, CancellationToken.None);

        answer.IsFound.ShouldBeTrue(answer.Reason);
        var state = answer.Value;
        state.Point.ShouldBe(new ChainPoint(await node.HeadAsync(), Hash256.Parse(await node.Rpc.CallTextAsync("getbestblockhash"))));
        var scan = new BitcoinScan(node, symbol);
        await scan.ReadAsync(traffic.Watched);
        var unspent = scan.Found.Where(found => !scan.Spent.ContainsKey((found.Transfer.TransactionId, found.Ordinal))).ToList();
        unspent.Count.ShouldBeGreaterThan(0);
        unspent.Count.ShouldBeLessThan(scan.Found.Count, "some are spent");
        foreach (var (address, told) in traffic.Watched.Zip(state.Addresses))
        {
            var must = unspent.Where(found => string.Equals(found.Transfer.Address, address, StringComparison.OrdinalIgnoreCase)).ToList();
            told.Unspent!.Select(output => (output.TransactionId.ToString(), output.Ordinal, output.Amount)).ShouldBe(must.Select(found => (found.Transfer.TransactionId, found.Ordinal, found.Transfer.Amount)), ignoreOrder: true);
            told.Balances.Single().Amount.ShouldBe(must.Aggregate(BigInteger.Zero, (sum, found) => sum + found.Transfer.Amount));
        }
    }
}
