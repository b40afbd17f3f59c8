using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>What the levels of integrity refuse of an endpoint's answers.</summary>
public sealed class LevelTests
{
    private static readonly FakeChain Anything = new();

    [Fact]
    public void A_block_that_proves_itself_is_read_at_the_highest_level()
    {
        (Bench bench, string hash) = Recorded(IntegrityLevel.Corroborated, static (_, _) => { });
        Answer<Block> answer = bench.ReadBlock(hash);
        answer.IsFound.ShouldBeTrue(answer.Reason);
    }

    [Fact]
    public void A_value_that_the_endpoint_made_up_passes_the_cheap_checks_and_no_proof()
    {
        static void Lie(JsonObject block, JsonArray receipts) => block["transactions"]![0]!["value"] = "0xffff";

        (Bench cheap, string hash) = Recorded(IntegrityLevel.Intrinsic, Lie);
        cheap.ReadBlock(hash).IsFound.ShouldBeTrue();
        (Bench proven, _) = Recorded(IntegrityLevel.Corroborated, Lie);
        proven.ReadBlock(hash).Kind.ShouldBe(AnswerKind.Unknown);
        proven.Observed.Refused.ShouldBe([$"endpoint-1 {AnswerCheck.TransactionsRoot}"]);
    }

    [Fact]
    public void An_outcome_that_the_endpoint_made_up_passes_no_proof()
    {
        (Bench bench, string hash) = Recorded(IntegrityLevel.Corroborated, static (_, receipts) => receipts[0]!["status"] = (string)receipts[0]!["status"]! == "0x1" ? "0x0" : "0x1");
        bench.ReadBlock(hash).Kind.ShouldBe(AnswerKind.Unknown);
        bench.Observed.Refused.ShouldBe([$"endpoint-1 {AnswerCheck.ReceiptsRoot}"]);
    }

    [Fact]
    public void An_outcome_that_came_receipt_by_receipt_is_proven_as_well()
    {
        (Bench bench, string hash) = Recorded(IntegrityLevel.Corroborated, static (_, _) => { });
        bench.Node.Missing.Add("eth_getBlockReceipts");
        Answer<Block> answer = bench.ReadBlock(hash);
        answer.IsFound.ShouldBeTrue(answer.Reason);

        (Bench lying, _) = Recorded(IntegrityLevel.Corroborated, static (_, receipts) => receipts[0]!["cumulativeGasUsed"] = "0x1");
        lying.Node.Missing.Add("eth_getBlockReceipts");
        lying.ReadBlock(hash).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Fact]
    public void Where_checks_are_only_observed_what_fails_is_counted_and_used()
    {
        (Bench bench, string hash) = Recorded(IntegrityLevel.Corroborated, static (block, _) => block["transactions"]![0]!["value"] = "0xffff", observeOnly: true);
        bench.ReadBlock(hash).IsFound.ShouldBeTrue();
        bench.Observed.Refused.ShouldBe([$"endpoint-1 {AnswerCheck.TransactionsRoot}"]);
        bench.Logs.Of("EndpointAnswerObserved").ShouldHaveSingleItem();
        bench.Logs.Of("EndpointAnswerRefused").ShouldBeEmpty();
    }

    [Fact]
    public void Observing_uses_no_block_that_is_another_one()
    {
        (Bench bench, string hash) = Recorded(IntegrityLevel.Intrinsic, static (block, _) => block["hash"] = "0x" + new string('a', 64), observeOnly: true);
        bench.ReadBlock(hash).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Fact]
    public void With_the_checks_off_what_does_not_fit_together_is_used()
    {
        (Bench bench, string hash) = Recorded(IntegrityLevel.Off, static (_, receipts) => receipts.RemoveAt(receipts.Count - 1));
        bench.ReadBlock(hash).IsFound.ShouldBeTrue();
        bench.Observed.Refused.ShouldBeEmpty();
    }

    [Fact]
    public void At_the_highest_level_old_blocks_are_read_whole_too()
    {
        FakeChain chain = new();
        chain.MineEmpty(100);
        Bench bench = new Bench(chain) { Level = IntegrityLevel.Corroborated, Skipped = EvmChecks.HeaderHash | EvmChecks.TransactionsRoot }.Watch(Bench.Alice);
        bench.ReadTip();
        bench.ReadBlocks(10, 5).IsFound.ShouldBeTrue();
        bench.Node.Count("eth_getLogs").ShouldBe(0);
    }

    /// <summary>A node that serves one recorded block with its receipts, after they were changed.</summary>
    private static (Bench Bench, string Hash) Recorded(IntegrityLevel level, Action<JsonObject, JsonArray> change, bool observeOnly = false)
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        JsonObject block = JsonNode.Parse(VectorFiles.Result(folder, "eth_getBlockByNumber/get-latest.io"))!.AsObject();
        JsonArray receipts = JsonNode.Parse(VectorFiles.Result(folder, "eth_getBlockReceipts/get-block-receipts-latest.io"))!.AsArray();
        string hash = (string)block["hash"]!;
        change(block, receipts);
        Bench bench = new Bench(Anything, new FakeNode(Anything)) { Level = level, ObserveOnly = observeOnly }.Watch(Bench.Alice);
        bench.Node.Intercept = (method, parameters) => method switch
        {
            "eth_getBlockByHash" when string.Equals((string)parameters[0]!, hash, StringComparison.Ordinal) => block.DeepClone(),
            "eth_getBlockReceipts" when !bench.Node.Missing.Contains(method) => receipts.DeepClone(),
            "eth_getTransactionReceipt" => receipts.Single(receipt => string.Equals((string)receipt!["transactionHash"]!, (string)parameters[0]!, StringComparison.Ordinal))!.DeepClone(),
            _ => null,
        };
        return (bench, hash);
    }
}
