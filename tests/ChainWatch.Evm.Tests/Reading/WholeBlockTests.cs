using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

public sealed class WholeBlockTests
{
    [Fact]
    public void Finds_native_and_token_payments_with_their_place_in_the_transaction()
    {
        FakeChain chain = new();
        FakeTransaction native = chain.Pay(Bench.Alice, 5);
        FakeTransaction token = new()
        {
            Hash = chain.NextHash(),
            From = FakeChain.Address(1),
            To = FakeChain.Address(9),
            Logs =
            [
                new FakeLog(FakeChain.Address(9), [FakeLog.AsTopic(FakeChain.Address(3))], "0x"),
                FakeLog.Transfer(Bench.Usdc, FakeChain.Address(1), Bench.Bob, 70),
                FakeLog.Transfer(Bench.Dai, FakeChain.Address(1), FakeChain.Address(2), 71),
                FakeLog.Transfer(Bench.Usdc, FakeChain.Address(1), Bench.Bob, 70),
            ],
        };
        FakeBlock block = chain.Mine(native, chain.Pay(FakeChain.Address(8), 6), token);
        Bench bench = new Bench(chain).Watch(Bench.Alice, Bench.Bob);

        bench.PaymentsAtTip(block).ShouldBe(
        [
            Bench.Expect(block, native, 0, 5, "ETH", FakeChain.Address(1), Bench.Alice),
            Bench.Expect(block, token, 2, 70, "USDC", FakeChain.Address(1), Bench.Bob),
            Bench.Expect(block, token, 4, 70, "USDC", FakeChain.Address(1), Bench.Bob),
        ]);
        bench.Node.Requests.ShouldBe(2, "one to connect, one for the block with its receipts");
    }

    [Fact]
    public void A_transaction_mined_again_elsewhere_keeps_its_payments_identity()
    {
        FakeChain chain = new();
        FakeTransaction filler = chain.PayToken(Bench.Usdc, FakeChain.Address(5), 1);
        FakeTransaction payment = chain.PayToken(Bench.Usdc, Bench.Alice, 9);
        FakeBlock first = chain.Mine(payment);
        Bench bench = new Bench(chain).Watch(Bench.Alice);
        string before = bench.PaymentsAtTip(first).ShouldHaveSingleItem();
        chain.RollBack(1);
        chain.Mine();
        FakeBlock second = chain.Mine(filler, payment);

        string after = bench.PaymentsAtTip(second).ShouldHaveSingleItem();

        after[(after.IndexOf(' ', StringComparison.Ordinal) + 1)..].ShouldBe(before[(before.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
    }

    [Fact]
    public void A_failed_transaction_pays_nothing()
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine(
            new FakeTransaction { Hash = chain.NextHash(), From = FakeChain.Address(1), To = Bench.Alice, Value = 5, Succeeds = false },
            new FakeTransaction { Hash = chain.NextHash(), From = FakeChain.Address(1), To = Bench.Usdc, Succeeds = false, Logs = [FakeLog.Transfer(Bench.Usdc, FakeChain.Address(1), Bench.Alice, 1)] });

        new Bench(chain).Watch(Bench.Alice).PaymentsAtTip(block).ShouldBeEmpty();
    }

    [Fact]
    public void ERC_721_malformed_zero_value_and_unknown_contract_logs_are_no_payments()
    {
        FakeChain chain = new();
        string from = FakeLog.AsTopic(FakeChain.Address(1));
        string to = FakeLog.AsTopic(Bench.Alice);
        string one = FakeLog.Word(1);
        string dirty = "0x01" + to[4..];
        FakeLog[] logs =
        [
            new(Bench.Usdc, [FakeLog.TransferTopic, from, to, one], "0x"),
            new(Bench.Usdc, [FakeLog.TransferTopic, from, to, one], one),
            new(Bench.Usdc, [FakeLog.TransferTopic, from], to + one[2..]),
            new(Bench.Usdc, [FakeLog.TransferTopic], from + to[2..] + one[2..]),
            new(Bench.Usdc, [], one),
            new(Bench.Usdc, [FakeLog.TransferTopic, from, dirty], one),
            new(Bench.Usdc, [FakeLog.TransferTopic, dirty, to], one),
            new(Bench.Usdc, [FakeLog.TransferTopic, from, to], "0x"),
            new(Bench.Usdc, [FakeLog.TransferTopic, from, to], one + one[2..]),
            new(Bench.Usdc, [FakeLog.TransferTopic, from, to], FakeLog.Word(0)),
            new(Bench.Usdc, [FakeLog.TransferTopic, to, to], one),
            new(FakeChain.Address(66), [FakeLog.TransferTopic, from, to], one),
            new(Bench.Usdc, [FakeLog.Word(12), from, to], one),
        ];
        FakeTransaction transaction = new() { Hash = chain.NextHash(), From = FakeChain.Address(1), To = Bench.Usdc, Logs = logs };
        FakeBlock block = chain.Mine(transaction, chain.Pay(Bench.Alice, 0), chain.Pay(Bench.Alice, 4, from: Bench.Alice));

        new Bench(chain).Watch(Bench.Alice).PaymentsAtTip(block).ShouldBeEmpty();
    }

    [Fact]
    public void Value_sent_with_a_creation_goes_to_the_created_contract()
    {
        FakeChain chain = new();
        string sender = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0";
        string created = "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d";
        FakeTransaction creation = new() { Hash = chain.NextHash(), From = sender, Value = 3, Created = created };
        FakeBlock block = chain.Mine(creation);

        new Bench(chain).Watch(created).PaymentsAtTip(block).ShouldBe([Bench.Expect(block, creation, 0, 3, "ETH", sender, created)]);
    }

    [Fact]
    public void Withdrawals_are_credited_in_gwei_under_an_id_of_their_own()
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine([], (77, Bench.Alice, 3), (78, FakeChain.Address(5), 4), (79, Bench.Alice, 0));
        Bench bench = new Bench(chain).Watch(Bench.Alice);
        using Block read = bench.ReadBlock(block.Hash).Value!;
        TransferList sink = new();
        read.Match(bench.Watched, sink).ShouldBeTrue();

        Transfer transfer = sink.Transfers.ShouldHaveSingleItem();
        transfer.Amount.ShouldBe(3_000_000_000);
        transfer.Asset.Symbol.ShouldBe("ETH");
        transfer.Ordinal.ShouldBe(0);
        transfer.From.ShouldBeNull();
        transfer.TransactionId.ToString().ShouldBe(Convert.ToHexStringLower("withdrawal"u8) + new string('0', 28) + "000000000000004d");
    }

    [Fact]
    public void Withdrawals_of_Gnosis_are_paid_in_a_token_and_are_no_native_payments()
    {
        FakeChain chain = new(chainId: 100);
        FakeBlock block = chain.Mine([], (77, Bench.Alice, 3));

        new Bench(chain).Watch(Bench.Alice).PaymentsAtTip(block).ShouldBeEmpty();
    }

    [Fact]
    public void Native_logs_of_EIP_7708_are_native_payments_and_counted_once()
    {
        FakeChain chain = new();
        string emitter = NativeLogs.Emitter.ToString();
        string sender = FakeChain.Address(1);
        FakeTransaction plain = new() { Hash = chain.NextHash(), From = sender, To = Bench.Alice, Value = 5, Logs = [FakeLog.Transfer(emitter, sender, Bench.Alice, 5)] };
        string batcher = FakeChain.Address(7);
        FakeTransaction batch = new()
        {
            Hash = chain.NextHash(),
            From = sender,
            To = batcher,
            Value = 9,
            Logs = [FakeLog.Transfer(emitter, sender, batcher, 9), FakeLog.Transfer(emitter, batcher, Bench.Alice, 4), FakeLog.Transfer(emitter, batcher, Bench.Alice, 4)],
            Trace = CallOf(sender, batcher, 9, CallOf(batcher, Bench.Alice, 4), CallOf(batcher, Bench.Alice, 4)),
        };
        FakeBlock block = chain.Mine(plain, batch);
        string[] expected =
        [
            Bench.Expect(block, plain, 0, 5, "ETH", sender, Bench.Alice),
            Bench.Expect(block, batch, 2, 4, "ETH", batcher, Bench.Alice),
            Bench.Expect(block, batch, 3, 4, "ETH", batcher, Bench.Alice),
        ];

        new Bench(chain).Watch(Bench.Alice).PaymentsAtTip(block).ShouldBe(expected);
        new Bench(chain) { Internal = true }.Watch(Bench.Alice).PaymentsAtTip(block).ShouldBe(expected, "traces tell the same again");
    }

    [Fact]
    public void Internal_transfers_are_found_by_tracing_where_the_option_is_on()
    {
        FakeChain chain = new();
        string sender = FakeChain.Address(1);
        string batcher = FakeChain.Address(7);
        JsonObject reverted = CallOf(batcher, FakeChain.Address(8), 0, CallOf(FakeChain.Address(8), Bench.Alice, 100));
        reverted["error"] = "execution reverted";
        JsonObject @delegate = CallOf(batcher, Bench.Alice, 7);
        @delegate["type"] = "DELEGATECALL";
        JsonObject destroyed = CallOf(FakeChain.Address(6), Bench.Alice, 11);
        destroyed["type"] = "SELFDESTRUCT";
        JsonObject created = CallOf(batcher, Bench.Bob, 13);
        created["type"] = "CREATE2";
        FakeTransaction transaction = new()
        {
            Hash = chain.NextHash(),
            From = sender,
            To = batcher,
            Value = 50,
            Trace = CallOf(sender, batcher, 50, reverted, @delegate, CallOf(batcher, FakeChain.Address(6), 3, destroyed), CallOf(batcher, Bench.Alice, 2), CallOf(batcher, Bench.Alice, 0), created),
        };
        FakeBlock block = chain.Mine(transaction);

        new Bench(chain) { Internal = true }.Watch(Bench.Alice, Bench.Bob).PaymentsAtTip(block).ShouldBe(
        [
            Bench.Expect(block, transaction, 1_000_001, 11, "ETH", FakeChain.Address(6), Bench.Alice),
            Bench.Expect(block, transaction, 1_000_002, 2, "ETH", batcher, Bench.Alice),
            Bench.Expect(block, transaction, 1_000_003, 13, "ETH", batcher, Bench.Bob),
        ]);
        new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsAtTip(block).ShouldBeEmpty("the option is off");
    }

    [Fact]
    public void Without_a_trace_method_internal_transfers_cannot_be_seen_and_the_chain_stands_still()
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine(chain.Pay(Bench.Alice, 1));
        Bench bench = new Bench(chain) { Internal = true }.Watch(Bench.Alice);
        bench.Node.Missing.Add("debug_traceBlockByHash");

        Answer<Block> answer = bench.ReadBlock(block.Hash);

        answer.Kind.ShouldBe(AnswerKind.Unknown);
        answer.Reason.ShouldNotBeNull().ShouldContain("trace_block");
    }

    [Fact]
    public void A_null_block_is_unknown()
    {
        FakeChain chain = new();
        Bench bench = new(chain);

        bench.ReadBlock(chain.NextHash()).Kind.ShouldBe(AnswerKind.Unknown);
        bench.ReadHeader(chain.NextHash()).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Fact]
    public void Asks_the_next_endpoint_when_one_does_not_know_a_block()
    {
        FakeChain chain = new();
        chain.MineEmpty(20);
        FakeTransaction payment = chain.PayToken(Bench.Usdc, Bench.Alice, 5);
        FakeBlock block = chain.Mine(payment);
        Bench bench = new Bench(chain, new FakeNode(chain) { Lag = 20 }, new FakeNode(chain)).Watch(Bench.Alice);

        bench.PaymentsAtTip(block).ShouldHaveSingleItem();
    }

    [Fact]
    public void Receipts_are_found_by_each_way_down()
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine(chain.Pay(Bench.Alice, 1), chain.PayToken(Bench.Usdc, Bench.Alice, 2));
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice).PaymentsAtTip(block);
        expected.Count.ShouldBe(2);

        Bench byObject = new Bench(chain).Watch(Bench.Alice);
        byObject.Node.Intercept = static (method, parameters) =>
            method == "eth_getBlockReceipts" && parameters[0] is not JsonObject ? throw new FakeRpcException(-32602, "invalid type: string, expected struct") : null;
        byObject.PaymentsAtTip(block).ShouldBe(expected);

        Bench byTransaction = new Bench(chain).Watch(Bench.Alice);
        byTransaction.Node.Missing.Add("eth_getBlockReceipts");
        byTransaction.PaymentsAtTip(block).ShouldBe(expected);
        int before = byTransaction.Node.Count("eth_getBlockReceipts");
        byTransaction.PaymentsAtTip(block).ShouldBe(expected);
        byTransaction.Node.Count("eth_getBlockReceipts").ShouldBe(before, "what an endpoint does not have is remembered");
    }

    [Theory]
    [InlineData(-32004, "Method eth_getBlockReceipts is not supported")]
    [InlineData(-32700, "The method eth_getBlockReceipts does not exist/is not available")]
    [InlineData(-32601, "Method not found")]
    public void The_dialects_of_development_nodes_for_a_missing_method_are_understood(long code, string message)
    {
        FakeChain chain = new(chainId: 31337);
        FakeBlock block = chain.Mine(chain.Pay(Bench.Alice, 1));
        Bench bench = new Bench(chain).Watch(Bench.Alice);
        bench.Node.Intercept = (method, _) => method == "eth_getBlockReceipts" ? throw new FakeRpcException(code, message) : null;

        bench.PaymentsAtTip(block).ShouldHaveSingleItem();
    }

    private static JsonObject CallOf(string from, string to, long value, params JsonObject[] calls)
    {
        JsonObject call = new() { ["from"] = from, ["gas"] = "0x1", ["to"] = to, ["input"] = "0x" };
        if (calls.Length > 0)
        {
            // A node writes the calls before value and type.
            call["calls"] = new JsonArray([.. calls]);
        }

        call["value"] = FakeBlock.Hex(value);
        call["type"] = "CALL";
        return call;
    }
}
