using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

public sealed class IntegrityTests
{
    [Theory]
    [InlineData("missing receipt", AnswerCheck.ReceiptCount)]
    [InlineData("extra receipt", AnswerCheck.TransactionHash)]
    [InlineData("receipts in another order", AnswerCheck.ReceiptOrder)]
    [InlineData("receipt of another block", AnswerCheck.BlockHash)]
    [InlineData("receipt of another transaction", AnswerCheck.TransactionHash)]
    [InlineData("receipt with another index", AnswerCheck.ReceiptOrder)]
    [InlineData("log of another block", AnswerCheck.BlockHash)]
    [InlineData("removed log", AnswerCheck.BlockHash)]
    [InlineData("missing log", AnswerCheck.LogIndex)]
    [InlineData("missing last log", AnswerCheck.Bloom)]
    [InlineData("no logs at all", AnswerCheck.Bloom)]
    [InlineData("logs missing", AnswerCheck.Format)]
    [InlineData("receipts not ready", AnswerCheck.ReceiptCount)]
    public void Receipts_that_fail_a_check_are_unknown_and_named(string fault, string check)
    {
        FakeChain chain = Chain();
        Bench bench = new Bench(chain).Watch(Bench.Alice);
        Break(bench.Node, fault);

        Answer<Block> answer = bench.ReadBlock(chain.Head.Hash);

        answer.Kind.ShouldBe(AnswerKind.Unknown);
        answer.Reason.ShouldNotBeNull().ShouldContain($"check {check}");
        answer.Reason.ShouldContain("endpoint-1");
        bench.Observed.Refused.ShouldBe([$"endpoint-1 {check}"]);
        bench.Logs.Of("EndpointAnswerRefused").ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("missing receipt")]
    [InlineData("missing last log")]
    public void Another_endpoint_answers_instead(string fault)
    {
        FakeChain chain = Chain();
        Bench bench = new Bench(chain, new FakeNode(chain), new FakeNode(chain)).Watch(Bench.Alice);
        Break(bench.Node, fault);

        Answer<Block> answer = bench.ReadBlock(chain.Head.Hash);

        answer.IsFound.ShouldBeTrue();
        answer.Value!.Endpoint.ShouldBe("endpoint-2");
    }

    [Theory]
    [InlineData("missing receipt", EvmChecks.ReceiptCount | EvmChecks.Bloom | EvmChecks.LogIndex)]
    [InlineData("missing log", EvmChecks.LogIndex | EvmChecks.Bloom)]
    [InlineData("missing last log", EvmChecks.Bloom)]
    public void A_check_that_the_chain_is_exempt_from_is_not_made(string fault, EvmChecks skipped)
    {
        FakeChain chain = Chain();
        Bench bench = new Bench(chain) { Skipped = skipped }.Watch(FakeChain.Address(55));
        Break(bench.Node, fault);

        bench.ReadBlock(chain.Head.Hash).IsFound.ShouldBeTrue();
    }

    [Fact]
    public void Where_a_receipt_may_be_missing_a_payment_without_one_is_not_decided()
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine(chain.Pay(Bench.Bob, 1), chain.Pay(Bench.Alice, 2));
        Bench bench = new Bench(chain) { Skipped = EvmChecks.ReceiptCount }.Watch(Bench.Alice, Bench.Bob);
        bench.Node.Intercept = (method, _) => method == "eth_getBlockReceipts" ? new JsonArray(block.ReceiptJson(0)) : null;
        using Block read = bench.ReadBlock(block.Hash).Value!;

        read.Match(Bench.SetOf(Bench.Bob), new TransferList()).ShouldBeTrue();
        read.Match(Bench.SetOf(Bench.Alice), new TransferList()).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_a_receipt_may_be_missing_in_a_busy_block_of_a_range_it_is_asked_for_by_itself(bool native)
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine([.. Enumerable.Range(0, 13).Select(_ => native ? chain.Pay(Bench.Alice, 1) : chain.PayToken(Bench.Usdc, Bench.Alice, 1))]);
        chain.MineEmpty(70);
        IReadOnlyList<string> expected = new Bench(chain) { Native = native }.Watch(Bench.Alice).PaymentsAtTip(block);
        expected.Count.ShouldBe(13);

        Bench bench = LeavingOut(chain, block, transaction: 5, native);
        bench.PaymentsInRange(1, 2).ShouldBe(expected);
        bench.Node.Count("eth_getBlockReceipts").ShouldBe(1);
        bench.Node.Count("eth_getTransactionReceipt").ShouldBe(1, "the others came with the block's");

        Bench without = LeavingOut(chain, block, transaction: 5, native);
        without.Node.Missing.Add("eth_getTransactionReceipt");
        without.ReadBlocks(1, 2).Kind.ShouldBe(AnswerKind.Unknown, "whether it paid is not known");
    }

    [Fact]
    public void Where_a_receipt_may_be_missing_what_a_cut_off_answer_told_of_its_logs_is_not_forgotten()
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine(chain.PayToken(Bench.Usdc, Bench.Bob, 1), chain.PayToken(Bench.Usdc, Bench.Alice, 2));
        chain.MineEmpty(70);
        IReadOnlyList<string> expected = new Bench(chain) { Native = false }.Watch(Bench.Alice).PaymentsAtTip(block);
        expected.Count.ShouldBe(1);
        Bench bench = LeavingOut(chain, block, transaction: 1, native: false);
        Func<string, JsonArray, JsonNode?> receipts = bench.Node.Intercept!;
        int asked = 0;
        bench.Node.Intercept = (method, parameters) => method != "eth_getLogs" ? receipts(method, parameters)
            : asked++ == 0 ? new JsonArray([.. Enumerable.Range(0, 1000).Select(_ => block.LogsJson().Last().DeepClone())])
            : throw new FakeRpcException(-32005, "query returned more than 10000 results");

        bench.PaymentsInRange(1, 2).ShouldBe(expected);
        bench.Node.Count("eth_getBlockReceipts").ShouldBeGreaterThan(0);
    }

    [Fact]
    public void What_a_transaction_without_a_receipt_would_have_sent_to_its_sender_holds_nothing_up()
    {
        FakeChain chain = new();
        FakeBlock block = chain.Mine(chain.Pay(Bench.Alice, 1), chain.Pay(Bench.Alice, 2, from: Bench.Alice));
        Bench bench = new Bench(chain) { Skipped = EvmChecks.ReceiptCount }.Watch(Bench.Alice);
        bench.Node.Intercept = (method, _) => method == "eth_getBlockReceipts" ? new JsonArray(block.ReceiptJson(0)) : null;

        bench.PaymentsAtTip(block).ShouldHaveSingleItem();
    }

    [Fact]
    public void Another_block_than_was_asked_for_is_refused()
    {
        FakeChain chain = Chain();
        Bench bench = new(chain);
        bench.Node.Intercept = (method, _) => method == "eth_getBlockByHash" ? chain[1].ToJson(full: true) : null;

        bench.ReadBlock(chain.Head.Hash).Reason.ShouldNotBeNull().ShouldContain(AnswerCheck.BlockHash);
        bench.ReadHeader(chain.Head.Hash).Reason.ShouldNotBeNull().ShouldContain(AnswerCheck.BlockHash);
    }

    [Fact]
    public void A_block_with_a_transaction_twice_is_refused()
    {
        FakeChain chain = new();
        FakeTransaction payment = chain.Pay(Bench.Alice, 1);
        FakeBlock block = chain.Mine(payment, chain.Pay(Bench.Bob, 1), payment);

        new Bench(chain).ReadBlock(block.Hash).Reason.ShouldNotBeNull().ShouldContain(AnswerCheck.TransactionHash);
    }

    [Theory]
    [InlineData("hash")]
    [InlineData("parentHash")]
    [InlineData("number")]
    public void A_block_without_what_links_it_is_refused(string field)
    {
        FakeChain chain = Chain();
        Bench bench = new(chain);
        bench.Node.Intercept = (method, _) =>
        {
            if (method != "eth_getBlockByHash")
            {
                return null;
            }

            JsonObject block = chain.Head.ToJson(full: true);
            block[field] = null;
            return block;
        };

        bench.ReadBlock(chain.Head.Hash).Kind.ShouldBe(AnswerKind.Unknown);
        bench.Observed.Refused.ShouldBe([$"endpoint-1 {AnswerCheck.Format}"]);
    }

    [Fact]
    public void An_empty_block_whose_bloom_is_not_empty_is_refused()
    {
        FakeChain chain = Chain();
        Bench bench = new(chain);
        bench.Node.Intercept = (method, _) =>
        {
            if (method != "eth_getBlockByHash")
            {
                return null;
            }

            JsonObject block = chain.Head.ToJson(full: true);
            block["transactions"] = new JsonArray();
            return block;
        };

        bench.ReadBlock(chain.Head.Hash).Reason.ShouldNotBeNull().ShouldContain(AnswerCheck.Bloom);
    }

    [Fact]
    public void Traces_that_do_not_fit_the_block_are_refused()
    {
        FakeChain chain = Chain();
        Bench fewer = new Bench(chain) { Internal = true };
        fewer.Node.Intercept = (method, _) =>
        {
            if (method != "debug_traceBlockByHash")
            {
                return null;
            }

            JsonArray traces = chain.Head.TracesJson();
            traces.RemoveAt(1);
            return traces;
        };
        Bench failed = new Bench(chain) { Internal = true };
        failed.Node.Intercept = (method, _) =>
        {
            if (method != "debug_traceBlockByHash")
            {
                return null;
            }

            JsonArray traces = chain.Head.TracesJson();
            traces[1] = new JsonObject { ["txHash"] = chain.Head.Transactions[1].Hash, ["error"] = "execution timeout" };
            return traces;
        };

        fewer.ReadBlock(chain.Head.Hash).Reason.ShouldNotBeNull().ShouldContain(AnswerCheck.Traces);
        failed.ReadBlock(chain.Head.Hash).Reason.ShouldNotBeNull().ShouldContain(AnswerCheck.Traces);
    }

    [Fact]
    public void An_endpoint_of_another_chain_id_or_genesis_is_refused_loudly()
    {
        FakeChain chain = Chain();
        FakeChain other = new(chainId: 5);
        Bench byConfiguration = new(chain, new FakeNode(other)) { ChainId = 1 };
        byConfiguration.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        byConfiguration.Logs.Of("EndpointRefused").ShouldHaveSingleItem().Message.ShouldContain("chain id 5");

        FakeNode forked = new(new FakeChain(chainId: 7));
        forked.Intercept = static (method, _) => method == "eth_chainId" ? "0x1" : null;
        Bench byFirst = new(chain, new FakeNode(chain), forked);
        byFirst.ReadTip().IsFound.ShouldBeTrue();
        byFirst.Node.Lag = 100;
        byFirst.ReadBlock(chain.Head.Hash).Kind.ShouldBe(AnswerKind.Unknown);
        byFirst.Logs.Of("EndpointRefused").ShouldHaveSingleItem().Message.ShouldContain("first block");
        byFirst.Standing("endpoint-2").Up.ShouldBeFalse();
    }

    [Fact]
    public void Identity_is_checked_again_after_the_connection_was_lost()
    {
        FakeChain chain = Chain();
        Bench bench = new(chain);
        bench.ReadTip().IsFound.ShouldBeTrue();
        bench.Node.Raw = static (_, _) => throw new HttpRequestException("reset");
        bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        bench.Node.Raw = null;
        bench.Node.Intercept = static (method, _) => method == "eth_chainId" ? "0x63" : null;

        bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        bench.Logs.Of("EndpointRefused").ShouldHaveSingleItem();
    }

    /// <summary>An endpoint of a chain that is exempt from having every receipt, and that gives one of a block only when it is asked for by itself.</summary>
    private static Bench LeavingOut(FakeChain chain, FakeBlock block, int transaction, bool native)
    {
        // Logs that are missing show in their numbers and in the bloom, where these are looked at.
        Bench bench = new Bench(chain) { Native = native, Skipped = native ? EvmChecks.ReceiptCount : EvmChecks.ReceiptCount | EvmChecks.Bloom | EvmChecks.LogIndex }.Watch(Bench.Alice);
        bench.Node.Intercept = (method, parameters) => method == "eth_getBlockReceipts" && (string?)parameters[0] == block.Hash
            ? new JsonArray([.. Enumerable.Range(0, block.Transactions.Count).Where(index => index != transaction).Select(block.ReceiptJson)])
            : null;
        return bench;
    }

    private static FakeChain Chain()
    {
        FakeChain chain = new();
        chain.Mine();
        chain.Mine(
            chain.PayToken(Bench.Usdc, FakeChain.Address(5), 4),
            new FakeTransaction
            {
                Hash = chain.NextHash(),
                From = FakeChain.Address(1),
                To = Bench.Usdc,
                Logs = [FakeLog.Transfer(Bench.Usdc, FakeChain.Address(1), FakeChain.Address(6), 1), FakeLog.Transfer(Bench.Dai, FakeChain.Address(1), Bench.Alice, 1)],
            });
        return chain;
    }

    private static void Break(FakeNode node, string fault) => node.Rewrite = answer =>
    {
        if (answer is not JsonArray batch || batch.Select(static item => item!["result"]).OfType<JsonArray>().FirstOrDefault() is not { Count: > 0 } receipts)
        {
            return answer;
        }

        JsonArray logs = receipts[^1]!["logs"]!.AsArray();
        switch (fault)
        {
            case "missing receipt":
                receipts.RemoveAt(receipts.Count - 1);
                break;
            case "receipts not ready":
                receipts.Clear();
                break;
            case "extra receipt":
                JsonNode extra = receipts[0]!.DeepClone();
                extra["transactionHash"] = "0x" + new string('9', 64);
                receipts.Add(extra);
                break;
            case "receipts in another order":
                JsonNode first = receipts[0]!;
                receipts.RemoveAt(0);
                receipts.Add(first);
                break;
            case "receipt of another block":
                receipts[0]!["blockHash"] = "0x" + new string('9', 64);
                break;
            case "receipt of another transaction":
                receipts[0]!["transactionHash"] = "0x" + new string('9', 64);
                break;
            case "receipt with another index":
                receipts[0]!["transactionIndex"] = "0x1";
                break;
            case "log of another block":
                logs[0]!["blockHash"] = "0x" + new string('9', 64);
                break;
            case "removed log":
                logs[0]!["removed"] = true;
                break;
            case "missing log":
                logs.RemoveAt(0);
                break;
            case "missing last log":
                logs.RemoveAt(logs.Count - 1);
                break;
            case "no logs at all":
                foreach (JsonNode? receipt in receipts)
                {
                    receipt!["logs"] = new JsonArray();
                }

                break;
            default:
                receipts[0]!.AsObject().Remove("logs");
                break;
        }

        return answer;
    };
}
