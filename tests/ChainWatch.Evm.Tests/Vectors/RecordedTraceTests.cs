using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>Call traces that geth recorded of real transactions. What they moved is computed here once more, in the plainest way, over the parsed tree.</summary>
public sealed class RecordedTraceTests
{
    private static WatchPlan Plan { get; } = new(new Asset { Symbol = "ETH", Decimals = 18 }, [], internalTransfers: true, withdrawals: true);

    [Theory]
    [InlineData("geth-tracetest-call_tracer")]
    [InlineData("geth-tracetest-call_tracer_withLog")]
    public void Trees_of_calls_give_what_they_moved(string name)
    {
        int files = 0;
        int moved = 0;
        foreach (string path in Directory.GetFiles(VectorFiles.Folder(name), "*.json"))
        {
            JsonNode result = VectorFiles.Read(path)["result"]!;
            List<string> expected = [];
            Walk(result, isRoot: true, expected);

            Tree(result).ShouldBe(expected, Path.GetFileName(path));
            files++;
            moved += expected.Count;
        }

        files.ShouldBeGreaterThan(5);
        moved.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Flat_traces_give_what_they_moved()
    {
        int moved = 0;
        foreach (string path in Directory.GetFiles(VectorFiles.Folder("geth-tracetest-call_tracer_flat"), "*.json"))
        {
            JsonArray result = VectorFiles.Read(path)["result"]!.AsArray();
            List<string> expected = [];
            foreach (JsonNode? trace in result)
            {
                int[] at = [.. trace!["traceAddress"]!.AsArray().Select(static step => (int)step!)];
                bool isVoid = result.Any(other => other!["error"] is not null && at.AsSpan().StartsWith([.. other["traceAddress"]!.AsArray().Select(static step => (int)step!)]));
                if (at.Length > 0 && !isVoid)
                {
                    Flat(trace, expected);
                }
            }

            Listed(result).ShouldBe(expected, Path.GetFileName(path));
            moved += expected.Count;
        }

        moved.ShouldBeGreaterThan(0);
    }

    private static void Flat(JsonNode trace, List<string> moved)
    {
        JsonNode action = trace["action"]!;
        switch ((string)trace["type"]!)
        {
            case "suicide":
                Add(moved, action["address"], action["refundAddress"], action["balance"]);
                break;
            case "create":
                Add(moved, action["from"], trace["result"]!["address"], action["value"]);
                break;
            case "call" when (string)action["callType"]! == "call":
                Add(moved, action["from"], action["to"], action["value"]);
                break;
        }
    }

    private static void Walk(JsonNode call, bool isRoot, List<string> moved)
    {
        if (call["error"] is not null)
        {
            return;
        }

        if (!isRoot && (string)call["type"]! is "CALL" or "CREATE" or "CREATE2" or "SELFDESTRUCT")
        {
            Add(moved, call["from"], call["to"], call["value"]);
        }

        foreach (JsonNode? below in call["calls"]?.AsArray() ?? [])
        {
            Walk(below!, isRoot: false, moved);
        }
    }

    private static void Add(List<string> moved, JsonNode? from, JsonNode? to, JsonNode? value)
    {
        BigInteger amount = BigInteger.Parse("0" + ((string?)value ?? "0x0")[2..], System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
        if (!amount.IsZero && (string)from! != (string)to!)
        {
            moved.Add($"{from} > {to} {amount}");
        }
    }

    private static List<string> Tree(JsonNode tree)
    {
        using BlockData data = Block();
        using CallFrames frames = new();
        JsonArray traces = [new JsonObject { ["result"] = tree.DeepClone() }];
        CallTraceParser.ReadBlock(Encoding.UTF8.GetBytes(traces.ToJsonString(Deep)), data, frames);
        return Describe(data);
    }

    private static List<string> Listed(JsonArray flat)
    {
        using BlockData data = Block();
        using CallFrames frames = new();
        JsonArray traces = flat.DeepClone().AsArray();
        foreach (JsonNode? trace in traces)
        {
            trace!["blockHash"] = "0x" + new string('1', 64);
            trace["transactionHash"] = "0x" + new string('3', 64);
        }

        FlatTraceParser.ReadBlock(Encoding.UTF8.GetBytes(traces.ToJsonString(Deep)), data, frames);
        return Describe(data);
    }

    private static System.Text.Json.JsonSerializerOptions Deep { get; } = new() { MaxDepth = 4096, TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() };

    private static BlockData Block() => BlockParser.Read(
        Encoding.UTF8.GetBytes($$"""{"number":"0x1","hash":"0x{{new string('1', 64)}}","parentHash":"0x{{new string('2', 64)}}","transactions":[{"hash":"0x{{new string('3', 64)}}","value":"0x0"}]}"""),
        "geth",
        Plan);

    private static List<string> Describe(BlockData data)
    {
        List<string> moved = [];
        foreach (ref readonly Movement movement in data.Movements.Items)
        {
            moved.Add($"{movement.From} > {movement.To} {movement.Amount.ToBigInteger()}");
        }

        return moved;
    }
}
