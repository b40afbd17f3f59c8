using System.Numerics;

namespace ChainWatch.Evm.Tests;

public sealed class EvmStateReaderTests
{
    private static readonly string s_ether = BigInteger.Pow(10, 18).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private readonly FakeChain _chain = new();

    public EvmStateReaderTests()
    {
        // Alice: 7 at block 1, 12 at block 3. Bob: nothing, then 40 of the token at block 2.
        _chain.Mine(_chain.Pay(Bench.Alice, 7));
        _chain.Mine(_chain.PayToken(Bench.Usdc, Bench.Bob, 40));
        _chain.Mine(_chain.Pay(Bench.Alice, 5), _chain.PayToken(Bench.Usdc, Bench.Alice, 3));
        _chain.Mine();
    }

    [Theory]
    [InlineData(StatePinning.ByHash)]
    [InlineData(StatePinning.Refused)]
    [InlineData(StatePinning.Ignored)]
    public void Balances_are_those_at_the_block_that_was_asked_for(StatePinning pinning)
    {
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node, pinning);

        ChainState state = Found(bench.ReadState(PointOf(2), Bench.Alice, Bench.Bob));

        state.Point.ShouldBe(PointOf(2));
        state.Endpoint.ShouldBe("endpoint-1");
        Describe(state).ShouldBe(["7 ETH, 0 USDC", "0 ETH, 40 USDC"]);
        state.Addresses[0].Key.ShouldBe(Bench.Key(Bench.Alice));
        state.Addresses[0].Unspent.ShouldBeNull();
    }

    [Fact]
    public void Without_a_point_the_head_is_read_and_named()
    {
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node);

        ChainState state = Found(bench.ReadState(at: null, Bench.Alice));

        state.Point.ShouldBe(PointOf(4));
        Describe(state).ShouldBe(["12 ETH, 3 USDC"]);
    }

    [Fact]
    public void All_balances_come_with_one_request_once_the_endpoint_is_known()
    {
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node);
        Found(bench.ReadState(PointOf(4), Bench.Alice));
        int before = bench.Node.Requests;

        Found(bench.ReadState(PointOf(4), [.. Enumerable.Range(500, bench.StateReader.MaxAddresses).Select(FakeChain.Address)]));

        (bench.Node.Requests - before).ShouldBe(1);
    }

    [Fact]
    public void Amounts_are_exact_up_to_256_bits()
    {
        BigInteger most = (BigInteger.One << 256) - 1;
        FakeTransaction payment = new() { Hash = _chain.NextHash(), From = FakeChain.Address(1), To = Bench.Usdc, Logs = [FakeLog.Transfer(Bench.Usdc, FakeChain.Address(1), FakeChain.Address(9), most)] };
        _chain.Mine(payment, new FakeTransaction { Hash = _chain.NextHash(), From = FakeChain.Address(1), To = FakeChain.Address(9), Value = BigInteger.Parse(s_ether, System.Globalization.CultureInfo.InvariantCulture) + 1 });
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node);

        AddressState state = Found(bench.ReadState(PointOf(5), FakeChain.Address(9))).Addresses[0];

        state.Balances.Select(static balance => balance.Amount).ShouldBe([BigInteger.Pow(10, 18) + 1, most]);
    }

    [Theory]
    [InlineData(StatePinning.ByHash)]
    [InlineData(StatePinning.Refused)]
    public void A_point_that_a_reorg_replaced_is_unknown(StatePinning pinning)
    {
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node, pinning);
        ChainPoint before = PointOf(4);
        _chain.RollBack(1);
        _chain.Mine(_chain.Pay(Bench.Alice, 1000));

        Answer<ChainState> answer = bench.ReadState(before, Bench.Alice);

        answer.Kind.ShouldBe(AnswerKind.Unknown, answer.Reason);
    }

    [Fact]
    public void Where_state_cannot_be_pinned_a_reorg_in_the_middle_is_seen()
    {
        Bench bench = new(_chain);
        FakeState state = new(_chain, bench.Node, StatePinning.Refused);
        Found(bench.ReadState(PointOf(4), Bench.Alice));
        ChainPoint before = PointOf(4);
        int questions = 0;
        state.Before = () =>
        {
            if (++questions == 2)
            {
                _chain.RollBack(1);
                _chain.Mine(_chain.Pay(Bench.Alice, 1000));
            }
        };

        Answer<ChainState> answer = bench.ReadState(before, Bench.Alice);

        answer.Kind.ShouldBe(AnswerKind.Unknown, answer.Reason);
        answer.Reason!.ShouldContain("was asked for");
    }

    [Fact]
    public void A_node_that_overlooks_the_hash_is_never_taken_by_its_newest_state()
    {
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node, StatePinning.Ignored);

        Describe(Found(bench.ReadState(PointOf(1), Bench.Alice))).ShouldBe(["7 ETH"]);
    }

    [Theory]
    [InlineData(StatePinning.ByHash)]
    [InlineData(StatePinning.Refused)]
    public void A_point_past_the_head_is_not_yet(StatePinning pinning)
    {
        Bench bench = new(_chain);
        bench.Node.Lag = 2;
        _ = new FakeState(_chain, bench.Node, pinning);

        Answer<ChainState> answer = bench.ReadState(PointOf(4), Bench.Alice);

        answer.Kind.ShouldBe(AnswerKind.NotYet, answer.Reason);
    }

    [Fact]
    public void State_that_a_node_has_forgotten_is_read_from_another()
    {
        Bench bench = new(_chain, new FakeNode(_chain), new FakeNode(_chain));
        _ = new FakeState(_chain, bench.Nodes[0]) { OldestState = 4 };
        _ = new FakeState(_chain, bench.Nodes[1]);

        ChainState state = Found(bench.ReadState(PointOf(1), Bench.Alice));

        state.Endpoint.ShouldBe("endpoint-2");
        Describe(state).ShouldBe(["7 ETH"]);
        bench.Standing("endpoint-1").Up.ShouldBeTrue();
    }

    [Fact]
    public void State_that_all_have_forgotten_is_unknown()
    {
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node) { OldestState = 4 };

        bench.ReadState(PointOf(1), Bench.Alice).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Fact]
    public void A_token_that_cannot_be_read_is_left_out_and_its_neighbours_are_not()
    {
        Bench bench = new(_chain);
        _ = new FakeState(_chain, bench.Node) { Reverting = Bench.Usdc };

        Describe(Found(bench.ReadState(PointOf(3), Bench.Alice))).ShouldBe(["12 ETH"]);
        bench.Standing("endpoint-1").Up.ShouldBeTrue();
    }

    [Fact]
    public void An_answer_that_is_no_amount_is_refused()
    {
        Bench bench = new(_chain, new FakeNode(_chain), new FakeNode(_chain));
        _ = new FakeState(_chain, bench.Nodes[0]);
        _ = new FakeState(_chain, bench.Nodes[1]);
        Func<string, System.Text.Json.Nodes.JsonArray, System.Text.Json.Nodes.JsonNode?> answer = bench.Nodes[0].Intercept!;
        bench.Nodes[0].Intercept = (method, parameters) => method == "eth_call" ? "0x00" : answer(method, parameters);

        Found(bench.ReadState(PointOf(3), Bench.Alice)).Endpoint.ShouldBe("endpoint-2");
    }

    private static ChainState Found(Answer<ChainState> answer)
    {
        answer.IsFound.ShouldBeTrue(answer.Reason);
        return answer.Value!;
    }

    private static string[] Describe(ChainState state) =>
        [.. state.Addresses.Select(static address => string.Join(", ", address.Balances.Select(static balance => $"{balance.Amount} {balance.Asset.Symbol}")))];

    private ChainPoint PointOf(long height) => new(height, _chain[height].Id);
}
