using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

public sealed class TraceTests
{
    private const string A = "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string B = "0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string C = "0xcccccccccccccccccccccccccccccccccccccccc";

    [Fact]
    public void Everything_below_a_reverted_call_is_void()
    {
        Moved($$"""
            {"from":"{{A}}","to":"{{B}}","value":"0x1","type":"CALL","calls":[
              {"from":"{{B}}","to":"{{C}}","value":"0x2","type":"CALL","error":"execution reverted","calls":[
                {"from":"{{C}}","to":"{{A}}","value":"0x3","type":"CALL","calls":[{"from":"{{A}}","to":"{{B}}","value":"0x4","type":"CALL"}]}]},
              {"from":"{{B}}","to":"{{C}}","value":"0x5","type":"CALL"}]}
            """).ShouldBe([$"1000000 5 {B} > {C}"]);
    }

    [Fact]
    public void Nothing_of_a_failed_transaction_counts()
    {
        Moved($$"""{"from":"{{A}}","to":"{{B}}","value":"0x1","type":"CALL","error":"out of gas","calls":[{"from":"{{B}}","to":"{{C}}","value":"0x5","type":"CALL"}]}""").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("DELEGATECALL")]
    [InlineData("CALLCODE")]
    [InlineData("STATICCALL")]
    [InlineData("SOMETHING_NEW")]
    public void Calls_that_move_nothing_count_for_nothing_but_those_below_them_do(string type)
    {
        Moved($$"""{"from":"{{A}}","to":"{{B}}","type":"CALL","calls":[{"from":"{{B}}","to":"{{C}}","value":"0x5","type":"{{type}}","calls":[{"from":"{{B}}","to":"{{A}}","value":"0x6","type":"CALL"}]}]}""")
            .ShouldBe([$"1000000 6 {B} > {A}"]);
    }

    [Fact]
    public void A_selfdestruct_moves_to_its_beneficiary_and_nothing_to_itself()
    {
        Moved($$"""
            {"from":"{{A}}","to":"{{B}}","type":"CALL","calls":[
              {"from":"{{B}}","to":"{{C}}","value":"0x5","type":"SELFDESTRUCT"},
              {"from":"{{C}}","to":"{{C}}","value":"0x6","type":"SELFDESTRUCT"}]}
            """).ShouldBe([$"1000000 5 {B} > {C}"]);
    }

    [Fact]
    public void A_tree_as_deep_as_the_machine_allows_is_walked()
    {
        const int depth = 1024;
        StringBuilder json = new();
        for (int i = 0; i < depth; i++)
        {
            json.Append($$"""{"from":"{{A}}","to":"{{B}}","value":"0x1","type":"CALL","calls":[""");
        }

        json.Append($$"""{"from":"{{B}}","to":"{{C}}","value":"0x2","type":"CALL"}""");
        for (int i = 0; i < depth; i++)
        {
            json.Append("]}");
        }

        Moved(json.ToString()).Count.ShouldBe(depth);
    }

    [Fact]
    public void The_flat_form_says_the_same()
    {
        const string block = """{"number":"0x1","hash":"0x1111111111111111111111111111111111111111111111111111111111111111","parentHash":"0x2222222222222222222222222222222222222222222222222222222222222222","transactions":[{"hash":"0x3333333333333333333333333333333333333333333333333333333333333333","from":"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","to":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","value":"0x1"},{"hash":"0x4444444444444444444444444444444444444444444444444444444444444444","from":"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","to":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","value":"0x0"}]}""";
        JsonArray traces =
        [
            Flat(3, "call", [], $$"""{"callType":"call","from":"{{A}}","to":"{{B}}","value":"0x1"}"""),
            Flat(3, "call", [0], $$"""{"callType":"call","from":"{{B}}","to":"{{C}}","value":"0x2"}""", error: "Reverted"),
            Flat(3, "call", [0, 0], $$"""{"callType":"call","from":"{{C}}","to":"{{A}}","value":"0x3"}"""),
            Flat(3, "call", [1], $$"""{"callType":"delegatecall","from":"{{B}}","to":"{{C}}","value":"0x4"}"""),
            Flat(3, "call", [1, 0], $$"""{"callType":"call","from":"{{B}}","to":"{{C}}","value":"0x5"}"""),
            Flat(3, "create", [2], $$"""{"from":"{{B}}","value":"0x6","init":"0x"}""", result: $$"""{"address":"{{C}}","code":"0x","gasUsed":"0x0"}"""),
            Flat(3, "suicide", [3], $$"""{"address":"{{B}}","refundAddress":"{{A}}","balance":"0x7"}"""),
            Flat(4, "call", [], $$"""{"callType":"call","from":"{{A}}","to":"{{B}}","value":"0x0"}"""),
            Flat(4, "call", [0], $$"""{"callType":"call","from":"{{B}}","to":"{{A}}","value":"0x8"}"""),
            JsonNode.Parse($$"""{"type":"reward","action":{"author":"{{A}}","rewardType":"block","value":"0x99"},"blockHash":"0x{{new string('1', 64)}}","traceAddress":[],"transactionHash":null}"""),
        ];
        using BlockData data = BlockParser.Read(Encoding.UTF8.GetBytes(block), "endpoint-1", Plan);
        using CallFrames frames = new();

        FlatTraceParser.ReadBlock(Encoding.UTF8.GetBytes(traces.ToJsonString()), data, frames);

        Describe(data).ShouldBe([$"1000000 5 {B} > {C}", $"1000001 6 {B} > {C}", $"1000002 7 {B} > {A}", $"1000000 8 {B} > {A}"]);
        traces.RemoveAt(7);
        traces.RemoveAt(7);
        Should.Throw<EndpointException>(() => FlatTraceParser.ReadBlock(Encoding.UTF8.GetBytes(traces.ToJsonString()), data, frames)).Error.Check.ShouldBe(AnswerCheck.Traces);
    }

    [Fact]
    public void A_node_with_trace_block_alone_is_enough()
    {
        FakeChain chain = new();
        FakeTransaction payment = new() { Hash = chain.NextHash(), From = A, To = B };
        FakeBlock block = chain.Mine(payment);
        Bench bench = new Bench(chain) { Internal = true }.Watch(C);
        bench.Node.Missing.Add("debug_traceBlockByHash");
        bench.Node.Intercept = (method, parameters) => method != "trace_block" ? null : new JsonArray(
            Placed(Flat(0, "call", [], $$"""{"callType":"call","from":"{{A}}","to":"{{B}}","value":"0x0"}"""), block),
            Placed(Flat(0, "call", [0], $$"""{"callType":"call","from":"{{B}}","to":"{{C}}","value":"0x2"}"""), block));

        bench.PaymentsAtTip(block).ShouldBe([Bench.Expect(block, payment, 1_000_000, 2, "ETH", B, C)]);
    }

    private static WatchPlan Plan { get; } = new(new Asset { Symbol = "ETH", Decimals = 18 }, [], internalTransfers: true, withdrawals: true);

    private static JsonNode Placed(JsonNode trace, FakeBlock block)
    {
        trace["blockHash"] = block.Hash;
        trace["transactionHash"] = block.Transactions[0].Hash;
        return trace;
    }

    private static JsonNode Flat(int transaction, string type, int[] path, string action, string? error = null, string? result = null) => JsonNode.Parse($$"""
        {"action":{{action}},"blockHash":"0x{{new string('1', 64)}}","blockNumber":1,"error":{{(error is null ? "null" : $"\"{error}\"")}},"result":{{result ?? "null"}},"subtraces":0,
         "traceAddress":[{{string.Join(',', path)}}],"transactionHash":"0x{{new string((char)('0' + transaction), 64)}}","transactionPosition":{{Math.Max(0, transaction - 3)}},"type":"{{type}}"}
        """)!;

    private static List<string> Moved(string tree)
    {
        byte[] block = """{"number":"0x1","hash":"0x1111111111111111111111111111111111111111111111111111111111111111","parentHash":"0x2222222222222222222222222222222222222222222222222222222222222222","transactions":[{"hash":"0x3333333333333333333333333333333333333333333333333333333333333333","from":"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","to":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","value":"0x1"}]}"""u8.ToArray();
        using BlockData data = BlockParser.Read(block, "endpoint-1", Plan);
        using CallFrames frames = new();
        CallTraceParser.ReadBlock(Encoding.UTF8.GetBytes($$"""[{"txHash":"0x{{new string('3', 64)}}","result":{{tree}}}]"""), data, frames);
        return Describe(data);
    }

    private static List<string> Describe(BlockData data)
    {
        List<string> moved = [];
        foreach (ref readonly Movement movement in data.Movements.Items)
        {
            moved.Add($"{movement.Ordinal} {movement.Amount.ToBigInteger()} {movement.From} > {movement.To}");
        }

        return moved;
    }
}
