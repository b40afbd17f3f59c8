using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

public sealed class RecordedBlockTests
{
    private static WatchPlan Plan { get; } = new(new Asset { Symbol = "ETH", Decimals = 18 }, [], internalTransfers: false, withdrawals: true);

    [Fact]
    public void Every_block_that_geth_told_is_read()
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        int blocks = 0;
        foreach (string path in Directory.GetFiles(folder, "*.io", SearchOption.AllDirectories).Where(static path => path.Contains("eth_getBlockBy", StringComparison.Ordinal)))
        {
            byte[] json = VectorFiles.Result(folder, path);
            if (json.AsSpan().SequenceEqual("null"u8))
            {
                continue;
            }

            JsonNode node = JsonNode.Parse(json)!;
            using BlockData block = BlockParser.Read(json, "geth", Plan);
            block.Point.Hash.ToString().ShouldBe(((string)node["hash"]!)[2..]);
            block.Point.Height.ShouldBe(Convert.ToInt64((string)node["number"]!, 16));
            block.ParentHash.ToString().ShouldBe(((string)node["parentHash"]!)[2..]);
            block.TransactionCount.ShouldBe(node["transactions"]!.AsArray().Count);
            block.HasBloom.ShouldBeTrue();
            block.Movements.Count.ShouldBe(node["withdrawals"]?.AsArray().Count(static w => (string)w!["amount"]! != "0x0") ?? 0);
            blocks++;
        }

        blocks.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public void The_receipts_that_geth_told_pass_every_check_against_their_block()
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        byte[] block = VectorFiles.Result(folder, "eth_getBlockByNumber/get-latest.io");
        byte[] receipts = VectorFiles.Result(folder, "eth_getBlockReceipts/get-block-receipts-latest.io");
        JsonArray told = JsonNode.Parse(receipts)!.AsArray();
        told.Count.ShouldBeGreaterThan(1);
        told.Sum(static receipt => receipt!["logs"]!.AsArray().Count).ShouldBeGreaterThan(0);

        using BlockData data = BlockParser.Read(WithHashesAsBodies(block, told), "geth", Plan);
        ReceiptParser.ReadAll(receipts, data, Plan, EvmChecks.None);

        for (int i = 0; i < data.TransactionCount; i++)
        {
            data.Transactions[i].Succeeded.ShouldBe((string)told[i]!["status"]! == "0x1");
        }

        // The bloom check is what tells that a log is missing.
        JsonArray without = JsonNode.Parse(receipts)!.AsArray();
        without.Last(static receipt => receipt!["logs"]!.AsArray().Count > 0)!["logs"]!.AsArray().Clear();
        using BlockData again = BlockParser.Read(WithHashesAsBodies(block, told), "geth", Plan);
        Should.Throw<EndpointException>(() => ReceiptParser.ReadAll(Encoding.UTF8.GetBytes(without.ToJsonString()), again, Plan, EvmChecks.None));
    }

    [Fact]
    public void Receipts_from_before_Byzantium_say_nothing_of_success_and_are_judged_by_gas()
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        byte[] receipts = VectorFiles.Result(folder, "eth_getBlockReceipts/get-block-receipts-by-hash.io");
        JsonArray told = JsonNode.Parse(receipts)!.AsArray();
        JsonObject block = new()
        {
            ["hash"] = (string)told[0]!["blockHash"]!,
            ["parentHash"] = "0x" + new string('0', 64),
            ["number"] = "0x1",
            ["transactions"] = new JsonArray([.. told.Select(static receipt => (JsonNode)new JsonObject
            {
                ["hash"] = (string)receipt!["transactionHash"]!,
                ["from"] = (string)receipt["from"]!,
                ["to"] = null,
                ["value"] = "0x7",
                ["nonce"] = "0x0",
                ["gas"] = "0xf4240",
            })]),
        };

        using BlockData data = BlockParser.Read(Encoding.UTF8.GetBytes(block.ToJsonString()), "geth", Plan);
        ReceiptParser.ReadAll(receipts, data, Plan, EvmChecks.None);

        data.Movements.Count.ShouldBe(told.Count);
        data.Movements[0].To.ToString().ShouldBe((string)told[0]!["contractAddress"]!);
    }

    [Fact]
    public void The_transactions_that_failed_or_changed_place_in_a_recorded_reorg_keep_their_identity()
    {
        string folder = VectorFiles.Folder("own-captures");
        JsonNode[] lines = [.. File.ReadLines(Path.Combine(folder, "geth-1.8.23-reorg.jsonl")).Select(static line => JsonNode.Parse(line)!)];
        (long Ordinal, string Hash)[] before = Transfers(lines, "http A-before");
        (long Ordinal, string Hash)[] after = Transfers(lines, "http A-after");

        before.ShouldNotBeEmpty();
        before.Intersect(after).ShouldNotBeEmpty("a transfer was mined again in another block");
        before.Except(after).ShouldNotBeEmpty("a transfer was lost");
    }

    [Fact]
    public void Logs_that_geth_told_are_read()
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        int logs = 0;
        foreach (string path in Directory.GetFiles(Path.Combine(folder, "eth_getLogs")).Where(static path => !path.Contains("error", StringComparison.Ordinal)))
        {
            byte[] json = VectorFiles.Result(folder, path);
            System.Text.Json.Utf8JsonReader reader = JsonWalk.Open(json);
            while (JsonWalk.NextItem(ref reader))
            {
                LogData.Read(ref reader, out LogData log);
                (log.HasBlockHash && log.HasBlockNumber && log.HasLogIndex && log.HasTransactionHash && log.HasTransactionIndex).ShouldBeTrue();
                logs++;
            }
        }

        logs.ShouldBeGreaterThan(2);
    }

    private static byte[] WithHashesAsBodies(byte[] block, JsonArray receipts)
    {
        JsonObject node = JsonNode.Parse(block)!.AsObject();
        if (node["transactions"]!.AsArray() is [JsonValue, ..])
        {
            node["transactions"] = new JsonArray([.. receipts.Select(static receipt => (JsonNode)new JsonObject
            {
                ["hash"] = (string)receipt!["transactionHash"]!,
                ["from"] = (string)receipt["from"]!,
                ["to"] = (string?)receipt["to"],
                ["value"] = "0x0",
            })]);
        }

        return Encoding.UTF8.GetBytes(node.ToJsonString());
    }

    private static (long Ordinal, string Hash)[] Transfers(JsonNode[] lines, string kind)
    {
        WatchPlan plan = new(
            new Asset { Symbol = "ETH", Decimals = 18 },
            [(new EvmAddress(Bench.Key("0x5fbdb2315678afecb367f032d93f642f64180aa3").Bytes), new Asset { Symbol = "TOK", Decimals = 18 })],
            internalTransfers: false,
            withdrawals: false);
        JsonNode[] answers = [.. lines.Where(line => (string?)line["kind"] == kind)];
        List<(long, string)> transfers = [];
        foreach (JsonNode block in answers.Where(static line => (string)line["method"]! == "eth_getBlockByNumber"))
        {
            using BlockData data = BlockParser.Read(Encoding.UTF8.GetBytes(block["result"]!.ToJsonString()), "geth", plan);
            JsonNode[] receipts = [.. answers
                .Where(line => (string)line["method"]! == "eth_getTransactionReceipt" && (string?)line["result"]?["blockHash"] == (string)block["result"]!["hash"]!)
                .Select(static line => line["result"]!)
                .DistinctBy(static receipt => (string)receipt["transactionHash"]!)];
            if (receipts.Length != data.TransactionCount || receipts.Length == 0)
            {
                continue;
            }

            ReceiptParser.ReadAll(Encoding.UTF8.GetBytes(new JsonArray([.. receipts.Select(static receipt => receipt.DeepClone())]).ToJsonString()), data, plan, EvmChecks.None);
            foreach (ref readonly Movement movement in data.Movements.Items)
            {
                movement.Proven.ShouldBeTrue();
                transfers.Add((movement.Ordinal, movement.TransactionId.ToString()));
            }
        }

        return [.. transfers];
    }
}
