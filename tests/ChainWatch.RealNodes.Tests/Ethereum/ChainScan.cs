using System.Numerics;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// Reads the canonical chain from the first block to the head by the plainest calls there are, and says what was paid to the watched addresses: the judge. It shares nothing with the
/// packages under test.
/// </summary>
internal sealed class ChainScan(EthereumNode node, EthereumTraffic traffic, bool withInternal)
{
    private const int Recent = 400;

    // By block hash: what a block holds does not change, and anvil can trace only blocks whose state it still has, some hundreds back.
    private readonly Dictionary<string, IReadOnlyList<ChainTransfer>> _blocks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _watched = traffic.Watched.Select(address => address.ToLowerInvariant()).ToHashSet(StringComparer.Ordinal);
    private readonly string _token = traffic.Contracts.TokenAddress.ToLowerInvariant();

    /// <summary>Reads the newest blocks while their state is still there. A long run does so now and then.</summary>
    public async Task RememberAsync()
    {
        var head = await HeadAsync();
        for (var height = Math.Max(0, head - Recent); height <= head; height++)
        {
            await ReadBlockAsync(height);
        }
    }

    /// <summary>What the canonical chain holds, from its first block to its head.</summary>
    public async Task<IReadOnlyList<ChainTransfer>> ReadAsync()
    {
        var transfers = new List<ChainTransfer>();
        var head = await HeadAsync();
        for (var height = 0L; height <= head; height++)
        {
            transfers.AddRange(await ReadBlockAsync(height));
        }

        return transfers;
    }

    private async Task<long> HeadAsync() => (long)Quantity.Read(await node.Rpc.CallTextAsync("eth_blockNumber"));

    private async Task<IReadOnlyList<ChainTransfer>> ReadBlockAsync(long height)
    {
        var block = await node.Rpc.CallAsync("eth_getBlockByNumber", Quantity.Write(height), true) ?? throw new InvalidOperationException($"The node has no block {height}.");
        var hash = block["hash"]!.GetValue<string>();
        if (_blocks.TryGetValue(hash, out var known))
        {
            return known;
        }

        var transfers = new List<ChainTransfer>();
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
                if (address is not null && amount > 0 && _watched.Contains(address))
                {
                    transfers.Add(new ChainTransfer(id, address, asset, amount, height, hash));
                }
            }

            Add(transaction["to"]?.GetValue<string>(), "ETH", Quantity.Read(transaction["value"]));
            foreach (var log in receipt["logs"]!.AsArray())
            {
                var topics = log!["topics"]!.AsArray();
                if (log["address"]!.GetValue<string>().Equals(_token, StringComparison.OrdinalIgnoreCase) && topics.Count == 3 && topics[0]!.GetValue<string>() == TestContracts.TransferTopic)
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

        _blocks[hash] = transfers;
        return transfers;
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
