using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// Reads the chain from the first block to the head by the node's own JSON, and says what was paid to the watched addresses and which watched coins were spent: the judge. It shares nothing with the
/// packages under test.
/// </summary>
internal sealed class BitcoinScan(BitcoinNode node, string symbol)
{
    /// <summary>The transactions that made coins, with their blocks' heights.</summary>
    public Dictionary<string, long> Rewards { get; } = new(StringComparer.Ordinal);

    /// <summary>The transactions that bring coins out of Litecoin's extension blocks.</summary>
    public HashSet<string> Extensions { get; } = new(StringComparer.Ordinal);

    /// <summary>All payments with their places in their transactions.</summary>
    public List<(ChainTransfer Transfer, long Ordinal)> Found { get; } = [];

    /// <summary>All outputs that are spent, by the transaction that spends them and its block's height.</summary>
    public Dictionary<(string TransactionId, long Output), (string SpentBy, long Height)> Spent { get; } = [];

    public async Task<IReadOnlyList<ChainTransfer>> ReadAsync(IEnumerable<string> addresses, IEnumerable<string>? coins = null)
    {
        Rewards.Clear();
        Extensions.Clear();
        Found.Clear();
        Spent.Clear();
        var watched = addresses.ToHashSet(StringComparer.Ordinal);
        var watchedCoins = (coins ?? []).ToHashSet(StringComparer.Ordinal);
        var head = await node.HeadAsync();
        for (var height = 0L; height <= head; height++)
        {
            var hash = await node.Rpc.CallTextAsync("getblockhash", height);
            var block = await node.Rpc.CallAsync("getblock", hash, 2);
            foreach (var transaction in block!["tx"]!.AsArray())
            {
                var id = transaction!["txid"]!.GetValue<string>();
                foreach (var (number, input) in transaction["vin"]!.AsArray().Index())
                {
                    if (input!["txid"] is null)
                    {
                        Rewards[id] = height;
                        continue;
                    }

                    Spent.Add((input["txid"]!.GetValue<string>(), input["vout"]!.GetValue<long>()), (id, height));
                    if ($"{input["txid"]!.GetValue<string>()}:{input["vout"]}" is var coin && watchedCoins.Contains(coin))
                    {
                        Found.Add((new ChainTransfer(id, coin, symbol, 0, height, hash), -1 - number));
                    }
                }

                foreach (var output in transaction["vout"]!.AsArray())
                {
                    if (output!["scriptPubKey"]!["type"]?.GetValue<string>() == "witness_mweb_hogaddr")
                    {
                        Extensions.Add(id);
                    }

                    var amount = BitcoinTraffic.Satoshis(output["value"]!);
                    if (amount > 0 && AddressOf(output["scriptPubKey"]!) is { } address && watched.Contains(address))
                    {
                        Found.Add((new ChainTransfer(id, address.ToLowerInvariant(), symbol, amount, height, hash), output["n"]!.GetValue<long>()));
                    }
                }
            }
        }

        return [.. Found.Select(found => found.Transfer)];
    }

    /// <summary>Newer nodes name one address; older ones a list, also for scripts that have none.</summary>
    private static string? AddressOf(JsonNode script) =>
        script["address"]?.GetValue<string>() ??
        (script["addresses"] is JsonArray { Count: 1 } list && script["type"]!.GetValue<string>() is not ("pubkey" or "multisig") ? list[0]!.GetValue<string>() : null);
}
