using System.Numerics;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// Reads the canonical chain from the first block to the head by the plainest calls there are, and says what was paid to the watched addresses: the judge. It shares nothing with the
/// packages under test.
/// </summary>
internal sealed class ChainScan(EthereumNode node, IReadOnlySet<string> watched, string token, bool withInternal)
{
    private readonly List<ChainTransfer> _transfers = [];

    public static async Task<IReadOnlyList<ChainTransfer>> ReadAsync(EthereumNode node, IEnumerable<string> watched, string token, long from, bool withInternal)
    {
        var scan = new ChainScan(node, watched.Select(address => address.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal), token.ToLowerInvariant(), withInternal);
        var head = (long)Quantity.Read(await node.Rpc.CallTextAsync("eth_blockNumber"));
        for (var height = from; height <= head; height++)
        {
            await scan.ReadBlockAsync(height);
        }

        return scan._transfers;
    }

    private async Task ReadBlockAsync(long height)
    {
        var block = await node.Rpc.CallAsync("eth_getBlockByNumber", Quantity.Write(height), true) ?? throw new InvalidOperationException($"The node has no block {height}.");
        var hash = block["hash"]!.GetValue<string>();
        foreach (var transaction in block["transactions"]!.AsArray())
        {
            var id = transaction!["hash"]!.GetValue<string>();
            var receipt = await node.Rpc.CallAsync("eth_getTransactionReceipt", id) ?? throw new InvalidOperationException($"The node has no receipt of {id}.");
            if (Quantity.Read(receipt["status"]) != BigInteger.One)
            {
                continue;
            }

            void Add(string? to, string asset, BigInteger amount)
            {
                var address = to?.ToLowerInvariant();
                if (address is not null && amount > 0 && watched.Contains(address))
                {
                    _transfers.Add(new ChainTransfer(id, address, asset, amount, height, hash));
                }
            }

            Add(transaction["to"]?.GetValue<string>(), "ETH", Quantity.Read(transaction["value"]));
            foreach (var log in receipt["logs"]!.AsArray())
            {
                var topics = log!["topics"]!.AsArray();
                if (log["address"]!.GetValue<string>().Equals(token, StringComparison.OrdinalIgnoreCase) && topics.Count == 3 && topics[0]!.GetValue<string>() == TestContracts.TransferTopic)
                {
                    Add("0x" + topics[2]!.GetValue<string>()[26..], "TST", Quantity.Read(log["data"]));
                }
            }

            var input = transaction["input"]?.GetValue<string>() ?? "0x";
            if (withInternal && input.Length > 2)
            {
                var trace = await node.Rpc.CallAsync("debug_traceTransaction", id, new { tracer = "callTracer" });
                foreach (var call in trace!["calls"]?.AsArray() ?? [])
                {
                    ReadCall(call!, Add);
                }
            }
        }
    }

    private static void ReadCall(JsonNode call, Action<string?, string, BigInteger> add)
    {
        if (call["error"] is not null)
        {
            // What a failed call did is undone, with all that was called from it.
            return;
        }

        if (call["type"]?.GetValue<string>() is "CALL" or "CREATE" or "CREATE2" or "SELFDESTRUCT" && call["value"] is { } value)
        {
            add(call["to"]?.GetValue<string>(), "ETH", Quantity.Read(value));
        }

        foreach (var inner in call["calls"]?.AsArray() ?? [])
        {
            ReadCall(inner!, add);
        }
    }
}
