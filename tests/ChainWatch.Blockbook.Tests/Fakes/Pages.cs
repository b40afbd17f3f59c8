using System.Text;
using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Blockbook.Tests;

/// <summary>Reads answers about blocks the way the reader does, without a server.</summary>
internal static class Pages
{
    public static WatchPlan Plan(string coin, bool internals = false)
    {
        Coin known = Coin.Find(coin)!;
        Asset native = new() { Symbol = known.Symbol, Decimals = known.Decimals };
        return known.Type == CoinType.Bitcoin
            ? new WatchPlan(known, new ScriptText(known, new ScriptFormat(known)), native, [], internals)
            : new WatchPlan(known, new AccountText(), native, [(AccountFormat.Instance.ParseAddress(EthereumChain.Usdc), new Asset { Symbol = "USDC", Decimals = 6 })], internals);
    }

    public static PagedBlock Read(WatchPlan plan, LogRecorder? logs, params byte[][] pages)
    {
        BlockContent content = new(plan.Coin);
        try
        {
            foreach (byte[] page in pages)
            {
                content.Add(new ServerAnswer(page));
            }

            content.IsComplete.ShouldBeTrue();
            return new PagedBlock(content, "endpoint-1", plan, new HeldPayments("coin", (logs ?? new LogRecorder()).CreateLogger("test")));
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    public static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    public static IReadOnlyList<string> Match(Block block, params AddressKey[] keys)
    {
        TransferList sink = new();
        block.Match(AddressSet.Create(keys[0].Length).Add(keys), sink).ShouldBeTrue();
        return sink.Texts;
    }
}
