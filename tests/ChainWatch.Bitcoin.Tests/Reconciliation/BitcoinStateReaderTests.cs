using System.Text.Json.Nodes;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinStateReaderTests
{
    private const string Legacy = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
    private static readonly string s_id = new('7', 64);

    private readonly FakeChain _chain = new();
    private readonly List<string> _asked = [];

    [Fact]
    public void Unspent_outputs_are_told_by_address_with_their_exact_sum_at_the_block_that_the_node_names()
    {
        Bench bench = new(_chain);
        Scan(bench.Node, Unspent(Bench.Alice, 0, "0.10000000", 2), Unspent(Legacy, 1, "20999999.97690000", 1), Unspent(Bench.Alice, 2, "1e-8", 3), Unspent(Bench.Alice, 3, "0.00000000", 3));

        ChainState state = Found(Read(bench, at: null, Bench.Alice, Legacy));

        state.Point.ShouldBe(new ChainPoint(3, _chain.Head.HashValue));
        state.Endpoint.ShouldBe("endpoint-1");
        state.Addresses[0].Balances.Single().Amount.ShouldBe(10_000_001);
        state.Addresses[0].Unspent!.Select(static output => (output.Ordinal, output.Amount, output.Height)).ShouldBe([(0L, 10_000_000, 2L), (2L, 1, 3L)]);
        state.Addresses[1].Balances.Single().Amount.ShouldBe(2_099_999_997_690_000);
        _asked.ShouldBe([$"""["start",["raw({ScriptOf(Bench.Alice)})","raw(76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac)"]]"""]);
    }

    [Fact]
    public void An_address_without_outputs_holds_nothing()
    {
        Bench bench = new(_chain);
        Scan(bench.Node);

        AddressState state = Found(Read(bench, at: null, Bench.Alice)).Addresses.Single();

        state.Balances.Single().Amount.ShouldBe(0);
        state.Unspent.ShouldBeEmpty();
    }

    [Fact]
    public void The_newest_block_is_answered_for_whatever_is_asked_for_and_named()
    {
        Bench bench = new(_chain);
        Scan(bench.Node, Unspent(Bench.Alice, 0, "0.10000000", 2));

        Found(Read(bench, new ChainPoint(1, _chain[1].HashValue), Bench.Alice)).Point.Height.ShouldBe(3);
    }

    [Fact]
    public void A_point_past_the_nodes_head_is_not_yet_and_costs_no_scan()
    {
        Bench bench = new(_chain);
        Scan(bench.Node);

        Read(bench, new ChainPoint(9, _chain[1].HashValue), Bench.Alice).Kind.ShouldBe(AnswerKind.NotYet);

        _asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"success":false,"height":3,"bestblock":"7777777777777777777777777777777777777777777777777777777777777777","unspents":[]}""")]
    [InlineData("""{"success":true,"height":3,"unspents":[]}""")]
    [InlineData("""{"success":true,"height":3,"bestblock":"77","unspents":[]}""")]
    [InlineData("""{"success":true,"height":3,"bestblock":"7777777777777777777777777777777777777777777777777777777777777777","unspents":[{"vout":1}]}""")]
    [InlineData("""{"success":true,"height":3,"bestblock":"7777777777777777777777777777777777777777777777777777777777777777","unspents":[{"txid":"7777777777777777777777777777777777777777777777777777777777777777","vout":1,"scriptPubKey":"51","amount":1,"height":1}]}""")]
    [InlineData("""{"success":true,"height":3,"bestblock":"7777777777777777777777777777777777777777777777777777777777777777","unspents":[{"txid":"7777777777777777777777777777777777777777777777777777777777777777","vout":1,"scriptPubKey":"76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac","amount":0.000000001,"height":1}]}""")]
    [InlineData("""[]""")]
    public void A_scan_that_is_not_whole_is_refused_and_another_node_is_asked(string answer)
    {
        Bench bench = new(_chain, new FakeNode(_chain), new FakeNode(_chain));
        bench.Nodes[0].Intercept = (method, _) => method == "scantxoutset" ? JsonNode.Parse(answer) : null;
        Scan(bench.Nodes[1]);

        Found(Read(bench, at: null, Bench.Alice)).Endpoint.ShouldBe("endpoint-2");
    }

    [Fact]
    public void A_node_that_scans_for_somebody_else_is_left_alone()
    {
        Bench bench = new(_chain, new FakeNode(_chain), new FakeNode(_chain));
        bench.Nodes[0].Intercept = (method, parameters) =>
        {
            if (method != "scantxoutset")
            {
                return null;
            }

            ((string)parameters[0]!).ShouldBe("start", "a scan of somebody else's is not ours to break off");
            throw new FakeRpcException(-8, "Scan already in progress, use action \"abort\" or \"status\"");
        };
        Scan(bench.Nodes[1]);

        Found(Read(bench, at: null, Bench.Alice)).Endpoint.ShouldBe("endpoint-2");
    }

    [Fact]
    public void A_node_without_such_scans_makes_the_state_unknown_and_says_why()
    {
        Bench bench = new(_chain, new FakeNode(_chain, NodeDialect.Bcoin));

        Answer<ChainState> answer = Read(bench, at: null, Bench.Alice);

        answer.Kind.ShouldBe(AnswerKind.Unknown);
        answer.Reason!.ShouldContain("scantxoutset");
    }

    [Fact]
    public void A_scan_that_takes_too_long_is_broken_off()
    {
        Bench bench = new(_chain) { Configure = static options => options.Timeout = TimeSpan.FromSeconds(60) };
        bool aborted = false;
        bench.Node.Hold = (method, parameters) =>
        {
            aborted |= method == "scantxoutset" && (string)parameters[0]! == "abort";
            return method == "scantxoutset" && (string)parameters[0]! == "start";
        };

        Read(bench, at: null, Bench.Alice).Kind.ShouldBe(AnswerKind.Unknown);

        aborted.ShouldBeTrue();
    }

    private static Answer<ChainState> Read(Bench bench, ChainPoint? at, params string[] addresses)
    {
        BitcoinStateReader reader = new(bench.Pool, Matching.Coin, bench.Time);
        return bench.Run(() => reader.ReadStateAsync([.. addresses.Select(bench.Format.ParseAddress)], at, CancellationToken.None));
    }

    private static ChainState Found(Answer<ChainState> answer)
    {
        answer.IsFound.ShouldBeTrue(answer.Reason);
        return answer.Value!;
    }

    private static string ScriptOf(string address) => Convert.ToHexStringLower(Scripts.Of(Matching.Regtest.ParseAddress(address)));

    private static JsonNode Unspent(string address, int output, string amount, long height) => JsonNode.Parse(
        $$"""{"txid":"{{s_id}}","vout":{{output}},"scriptPubKey":"{{ScriptOf(address)}}","desc":"raw(00)#x","amount":{{amount}},"coinbase":false,"height":{{height}}}""")!;

    private void Scan(FakeNode node, params JsonNode[] unspents) => node.Intercept = (method, parameters) =>
    {
        if (method != "scantxoutset")
        {
            return null;
        }

        _asked.Add(parameters.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        return new JsonObject
        {
            ["success"] = true,
            ["txouts"] = 500,
            ["height"] = _chain.Head.Height,
            ["bestblock"] = _chain.Head.Hash,
            ["unspents"] = new JsonArray([.. unspents.Select(static one => one.DeepClone())]),
            ["total_amount"] = 1.5,
        };
    };
}
