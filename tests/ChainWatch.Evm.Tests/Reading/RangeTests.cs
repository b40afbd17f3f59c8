using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

public sealed class RangeTests
{
    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    public void The_same_blocks_give_the_same_payments_read_as_a_range_and_one_by_one(bool native, bool tokens, bool traced)
    {
        FakeChain chain = Busy(out _);
        Bench range = new Bench(chain) { Native = native, Tokens = tokens, Internal = traced && native }.Watch(Bench.Alice, Bench.Bob);
        Bench single = new Bench(chain) { Native = native, Tokens = tokens, Internal = traced && native }.Watch(Bench.Alice, Bench.Bob);
        List<string> expected = [];
        for (long number = 1; number <= 40; number++)
        {
            expected.AddRange(single.PaymentsAtTip(chain[number]));
        }

        range.PaymentsInRange(1, 40).ShouldBe(expected);
        expected.Count.ShouldBeGreaterThan(5);
        range.Node.Count("eth_getBlockReceipts").ShouldBeLessThan(5, "a range needs receipts of few blocks");
    }

    [Fact]
    public void Catching_up_takes_few_requests()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain) { Native = false }.Watch(Bench.Alice, Bench.Bob);
        bench.ReadTip();
        int before = bench.Node.Requests;

        bench.PaymentsInRange(1, 40);

        (bench.Node.Requests - before).ShouldBeLessThanOrEqualTo(3, "headers and logs; receipts of blocks whose bloom says maybe; receipts of what pays");
    }

    [Fact]
    public void With_few_addresses_only_their_logs_are_asked_for_and_another_address_needs_another_reading()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain) { Native = false }.Watch(Bench.Alice);
        using Block block = bench.ReadBlocks(1, 1).Value![0];
        TransferList sink = new();

        block.Match(Bench.SetOf(Bench.Alice), sink).ShouldBeTrue();
        block.Match(Bench.SetOf(Bench.Bob), sink).ShouldBeFalse();
        block.Match(Bench.SetOf(Bench.Alice, Bench.Bob), sink).ShouldBeFalse();
        bench.Node.Calls.Where(static call => call.StartsWith("eth_getLogs", StringComparison.Ordinal)).ShouldAllBe(call => call.Contains(Bench.Alice.Substring(2)));
    }

    [Fact]
    public void With_many_addresses_all_logs_are_taken_and_another_address_that_is_paid_needs_its_receipt()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain) { Native = false }.Watch([.. Enumerable.Range(1000, 1_001).Select(FakeChain.Address)]);
        IReadOnlyList<Block> blocks = bench.ReadBlocks(1, 40).Value!;
        AddressSet alice = Bench.SetOf(Bench.Alice);
        AddressSet nobody = Bench.SetOf(FakeChain.Address(4242));

        blocks.ShouldAllBe(block => block.Match(nobody, new TransferList()));
        int undecided = 0;
        Bench whole = new Bench(chain) { Native = false }.Watch(Bench.Alice);
        foreach (Block block in blocks)
        {
            TransferList sink = new();
            IReadOnlyList<string> expected = whole.PaymentsAtTip(chain[block.Header.Point.Height]);
            if (block.Match(alice, sink))
            {
                sink.Transfers.Select(transfer => Bench.Describe(block, transfer)).ShouldBe(expected);
            }
            else
            {
                expected.ShouldNotBeEmpty();
                undecided++;
            }
        }

        undecided.ShouldBeGreaterThan(3);
        bench.Node.Calls.Where(static call => call.StartsWith("eth_getLogs", StringComparison.Ordinal)).ShouldAllBe(call => !call.Contains("null"));
    }

    [Fact]
    public void A_thousand_addresses_are_still_asked_for_by_name_and_by_an_endpoint_that_takes_fewer_all_are_read()
    {
        FakeChain chain = Busy(out _);
        string[] addresses = [Bench.Alice, Bench.Bob, .. Enumerable.Range(1000, 998).Select(FakeChain.Address)];
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, 40);
        Bench bench = new Bench(chain).Watch(addresses);
        bench.PaymentsInRange(1, 40).ShouldBe(expected);
        bench.Node.Calls.Where(static call => call.StartsWith("eth_getLogs", StringComparison.Ordinal)).ShouldAllBe(call => call.Contains(Bench.Alice.Substring(2)));

        Bench small = new Bench(chain).Watch(addresses);
        small.Node.Intercept = static (method, parameters) => method == "eth_getLogs" && parameters[0]!["topics"]!.AsArray().Count > 1
            ? throw new FakeRpcException(-32000, "exceed max addresses or topics per search position")
            : null;
        small.PaymentsInRange(1, 40).ShouldBe(expected);
        small.Endpoints[0].RefusesAddressLists.ShouldBeTrue();
        int before = small.Node.Count("eth_getLogs");
        small.PaymentsInRange(1, 40).ShouldBe(expected);
        (small.Node.Count("eth_getLogs") - before).ShouldBe(1, "it is not asked by name again");
    }

    [Fact]
    public void The_parts_of_a_range_are_asked_for_side_by_side_by_as_many_requests_and_come_in_order()
    {
        FakeChain chain = Busy(out _);
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, 40);
        Bench bench = new Bench(chain) { AnswerBytes = 4096 }.Watch(Bench.Alice, Bench.Bob);
        int underWay = 0;
        int most = 0;
        TimeSpan takes = TimeSpan.FromSeconds(1);
        bench.Node.Waits = async () =>
        {
            most = Math.Max(most, ++underWay);
            // Later ones are sooner.
            await Task.Delay(takes *= 0.9, bench.Time);
            underWay--;
        };
        bench.ReadTip();
        bench.PaymentsInRange(1, 4);
        most.ShouldBe(1, "what the endpoint takes is not known yet");
        int before = bench.Node.Count("eth_getLogs");

        bench.PaymentsInRange(1, 40).ShouldBe(expected);
        most.ShouldBe(3);
        (bench.Node.Count("eth_getLogs") - before).ShouldBe(10);
    }

    [Fact]
    public void A_list_of_addresses_that_several_parts_are_refused_for_makes_no_range_shorter()
    {
        FakeChain chain = Busy(out _);
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, 40);
        Bench bench = new Bench(chain) { AnswerBytes = 4096 }.Watch(Bench.Alice, Bench.Bob);
        bench.ReadTip();
        bench.PaymentsInRange(1, 4);
        bench.Node.Waits = () => Task.Delay(TimeSpan.FromSeconds(1), bench.Time);
        bench.Node.Intercept = static (method, parameters) =>
            method == "eth_getLogs" && parameters[0]!["topics"]!.AsArray().Count > 1 ? throw new FakeRpcException(-32000, "exceed max addresses or topics per search position") : null;

        bench.PaymentsInRange(1, 40).ShouldBe(expected);
        bench.Endpoints[0].LogRange.Limit.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void A_block_is_read_for_those_whose_logs_came_also_where_the_rest_of_the_range_is_asked_for_without_names()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain) { Native = false }.Watch(Bench.Alice);
        bench.ReadTip();
        int asked = 0;
        bench.Node.Intercept = (method, parameters) =>
        {
            if (method != "eth_getLogs" || ++asked > 3)
            {
                return null;
            }

            if (asked == 3)
            {
                // Meanwhile another reading learns that this endpoint takes no lists.
                bench.Endpoints[0].RefusesAddressLists = true;
            }

            return asked == 2 ? null : throw new FakeRpcException(-32005, "query returned more than 10000 results");
        };

        // Refused once as a whole, and then the second half once more: the first half came by name.
        IReadOnlyList<Block> blocks = bench.ReadBlocks(1, 40).Value!;
        asked.ShouldBeGreaterThan(3);
        bench.Node.Calls.Last(static call => call.StartsWith("eth_getLogs", StringComparison.Ordinal)).ShouldNotContain(Bench.Alice[2..]);
        blocks[0].Match(Bench.SetOf(Bench.Bob), new TransferList()).ShouldBeFalse("its logs were asked for by Alice's name");
        foreach (Block block in blocks)
        {
            block.Dispose();
        }
    }

    [Fact]
    public void A_part_that_fails_fails_the_range_and_the_others_are_ended()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain) { AnswerBytes = 4096 }.Watch(Bench.Alice, Bench.Bob);
        bench.ReadTip();
        bench.PaymentsInRange(1, 4);
        int requests = bench.Node.Requests;
        bench.Node.Waits = () => Task.Delay(TimeSpan.FromSeconds(1), bench.Time);
        bench.Node.Intercept = (method, parameters) =>
            method == "eth_getBlockByNumber" && (string?)parameters[0] == "0x6" ? throw new FakeRpcException(-32000, "missing trie node") : null;

        bench.ReadBlocks(5, 36).Kind.ShouldBe(AnswerKind.Unknown);
        (bench.Node.Requests - requests).ShouldBeLessThan(8, "nothing more is asked for");
    }

    [Fact]
    public void Receipts_of_many_transactions_come_in_several_requests_and_one_that_fails_fails_the_reading()
    {
        FakeChain chain = new();
        for (int block = 0; block < 40; block++)
        {
            chain.Mine([.. Enumerable.Range(0, 12).Select(_ => chain.PayToken(Bench.Usdc, Bench.Alice, 1))]);
        }

        chain.MineEmpty(70);
        Bench bench = new Bench(chain) { Native = false }.Watch(Bench.Alice);
        bench.PaymentsInRange(1, 40).ShouldBe([.. Enumerable.Range(1, 40).SelectMany(number => chain[number].Transactions.Select(paid => Bench.Expect(chain[number], paid, 1, 1, "USDC", FakeChain.Address(1), Bench.Alice)))]);
        bench.Node.Count("eth_getTransactionReceipt").ShouldBe(480);
        bench.Node.Count("eth_getBlockReceipts").ShouldBe(0);

        string missing = chain[40].Transactions[11].Hash;
        Bench without = new Bench(chain) { Native = false }.Watch(Bench.Alice);
        without.Node.Intercept = (method, parameters) => method == "eth_getTransactionReceipt" && (string?)parameters[0] == missing
            ? throw new FakeRpcException(-32000, "header not found")
            : null;
        without.ReadBlocks(1, 40).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_many_transactions_of_a_block_pay_its_receipts_are_one_call(bool native)
    {
        FakeChain chain = new();
        for (int block = 0; block < 20; block++)
        {
            IEnumerable<FakeTransaction> paying = Enumerable.Range(0, 13).Select(index => native && index % 2 == 0 ? chain.Pay(Bench.Alice, 1) : chain.PayToken(Bench.Usdc, Bench.Alice, 1));
            chain.Mine([.. paying, chain.PayToken(Bench.Usdc, Bench.Bob, 1)]);
        }

        chain.MineEmpty(70);
        Bench single = new Bench(chain) { Native = native }.Watch(Bench.Alice);
        IReadOnlyList<string> expected = [.. Enumerable.Range(1, 20).SelectMany(number => single.PaymentsAtTip(chain[number]))];
        expected.Count.ShouldBe(260);

        Bench bench = new Bench(chain) { Native = native }.Watch(Bench.Alice);
        bench.PaymentsInRange(1, 20).ShouldBe(expected);
        bench.Node.Count("eth_getBlockReceipts").ShouldBe(20);
        bench.Node.Count("eth_getTransactionReceipt").ShouldBe(0);

        Bench apart = new Bench(chain) { Native = native }.Watch(Bench.Alice);
        apart.Node.Missing.Add("eth_getBlockReceipts");
        apart.PaymentsInRange(1, 20).ShouldBe(expected);
        apart.Node.Count("eth_getTransactionReceipt").ShouldBe(260, "those of the transactions that pay, and of no others");
        int asked = apart.Node.Count("eth_getBlockReceipts");
        apart.PaymentsInRange(1, 20).ShouldBe(expected);
        apart.Node.Count("eth_getBlockReceipts").ShouldBe(asked, "it is not asked again for what it does not have");
    }

    [Fact]
    public void Nobody_watched_needs_headers_only_and_whoever_comes_needs_another_reading()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new(chain);

        IReadOnlyList<Block> blocks = bench.ReadBlocks(1, 40).Value!;

        bench.Node.Count("eth_getLogs").ShouldBe(0);
        bench.Node.Calls.ShouldAllBe(call => !call.Contains("true"));
        blocks[0].Match(bench.Watched, new TransferList()).ShouldBeTrue();
        blocks[0].Match(Bench.SetOf(Bench.Alice), new TransferList()).ShouldBeFalse();
    }

    [Theory]
    [InlineData(-32602, "exceed maximum block range 7", 7)]
    [InlineData(-32602, "query exceeds max block range 7", 7)]
    [InlineData(-32000, "Under the Free tier plan, you can make eth_getLogs requests with up to a 7 block range. Based on your parameters, this block range should work: [0x1, 0x7]", 7)]
    [InlineData(-32614, "eth_getLogs is limited to a 7 range", 7)]
    [InlineData(-32602, "range 40 exceeds limit of 7", 7)]
    [InlineData(-32000, "block range is too wide, maximum allowed range is 7 blocks", 7)]
    [InlineData(-32000, "Max range: 7", 7)]
    [InlineData(-32000, "maximum block range: 7", 7)]
    [InlineData(-32000, "eth_getLogs is limited to 7 blocks range too large", 7)]
    [InlineData(-32602, "query exceeds max results 20000, retry with the range 1-7", 7)]
    [InlineData(-32005, "query returned more than 10000 results", null)]
    [InlineData(-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x7].", 7)]
    [InlineData(-32000, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range", null)]
    [InlineData(-32000, "block range too large", null)]
    [InlineData(-32000, "backend response too large", null)]
    [InlineData(-32000, "Block range limit exceeded.", null)]
    [InlineData(-32000, "blocks distance is too big", null)]
    public void A_refused_range_is_split_and_its_limit_is_remembered(long code, string message, int? limit)
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain).Watch(Bench.Alice, Bench.Bob);
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, 40);
        List<int> asked = [];
        bench.Node.Intercept = (method, parameters) =>
        {
            if (method != "eth_getLogs")
            {
                return null;
            }

            int blocks = Blocks(parameters);
            asked.Add(blocks);
            return blocks > (limit ?? 7) ? throw new FakeRpcException(code, message) : null;
        };

        bench.PaymentsInRange(1, 40).ShouldBe(expected);
        asked.Clear();
        bench.PaymentsInRange(1, 40).ShouldBe(expected);
        asked.ShouldAllBe(blocks => blocks <= (limit ?? 10), "the limit is kept to from the first request on");
        if (limit is not null)
        {
            asked.Max().ShouldBe(limit.Value);
        }
    }

    [Theory]
    [InlineData(-32602, "block range extends beyond current head block")]
    [InlineData(-32000, "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found: toBlock is greater than latest")]
    public void An_endpoint_that_is_behind_is_left_and_the_range_is_not_split(long code, string message)
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain, new FakeNode(chain), new FakeNode(chain)).Watch(Bench.Alice, Bench.Bob);
        bench.Node.Intercept = (method, _) => method == "eth_getLogs" ? throw new FakeRpcException(code, message) : null;

        bench.PaymentsInRange(1, 40).ShouldNotBeEmpty();

        bench.Node.Count("eth_getLogs").ShouldBe(1);
        bench.Endpoints[0].LogRange.Limit.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void Logs_that_a_bloom_says_may_be_there_but_do_not_come_are_looked_for_in_receipts()
    {
        FakeChain chain = Busy(out _);
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, 40);
        Bench bench = new Bench(chain).Watch(Bench.Alice, Bench.Bob);
        bench.Node.Intercept = static (method, _) => method == "eth_getLogs" ? new JsonArray() : null;

        bench.PaymentsInRange(1, 40).ShouldBe(expected);
    }

    [Fact]
    public void Logs_of_another_block_at_that_height_are_refused()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain) { Native = false }.Watch(Bench.Alice, Bench.Bob);
        bench.Node.Rewrite = answer =>
        {
            foreach (JsonNode? item in answer as JsonArray ?? [])
            {
                if (item!["result"] is JsonArray logs)
                {
                    logs[0]!["blockHash"] = chain.NextHash();
                }
            }

            return answer;
        };

        bench.ReadBlocks(1, 40).Kind.ShouldBe(AnswerKind.Unknown);
        bench.Observed.Refused.ShouldContain($"endpoint-1 {AnswerCheck.LogsOfRange}");
    }

    [Fact]
    public void A_range_of_two_branches_is_refused()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new(chain);
        bench.Node.Intercept = (method, parameters) =>
        {
            if (method != "eth_getBlockByNumber" || (string)parameters[0]! != "0x5")
            {
                return null;
            }

            JsonObject other = chain[5].ToJson(full: false);
            other["hash"] = chain.NextHash();
            return other;
        };

        Answer<IReadOnlyList<Block>> answer = bench.ReadBlocks(1, 20);

        answer.Kind.ShouldBe(AnswerKind.Unknown);
        answer.Reason.ShouldNotBeNull().ShouldContain("does not follow");
    }

    [Fact]
    public void A_node_that_cuts_a_range_of_logs_off_at_its_head_is_found_out()
    {
        FakeChain chain = Busy(out _);
        Bench bench = new Bench(chain) { Native = false }.Watch(Bench.Alice, Bench.Bob);
        bench.ReadTip();
        bool first = true;
        bench.Node.Intercept = (method, _) =>
        {
            if (method != "eth_getLogs" || !first)
            {
                return null;
            }

            // The next request goes to another node behind the same address, which is far behind.
            first = false;
            bench.Node.Lag = 110;
            throw new FakeRpcException(-32005, "query returned more than 10000 results");
        };

        bench.ReadBlocks(1, 40).Kind.ShouldBe(AnswerKind.Unknown);
        bench.Observed.Refused.ShouldBe([$"endpoint-1 {AnswerCheck.LogsOfRange}"]);
    }

    [Fact]
    public void A_suspiciously_round_number_of_logs_is_asked_for_again_in_parts()
    {
        FakeChain chain = new();
        for (int block = 0; block < 10; block++)
        {
            chain.Mine([.. Enumerable.Range(0, 150).Select(_ => chain.PayToken(Bench.Usdc, Bench.Alice, 1))]);
        }

        chain.MineEmpty(100);
        Bench bench = new Bench(chain) { Native = false }.Watch(Bench.Alice);
        bench.Node.Rewrite = static answer =>
        {
            foreach (JsonNode? item in answer as JsonArray ?? [])
            {
                if (item!["result"] is JsonArray logs && logs.Count > 1000)
                {
                    item["result"] = new JsonArray([.. logs.Take(1000).Select(static log => log!.DeepClone())]);
                }
            }

            return answer;
        };

        bench.PaymentsInRange(1, 10).Count.ShouldBe(1500);
    }

    [Fact]
    public void Near_the_tip_blocks_are_read_whole()
    {
        FakeChain chain = Busy(out _, after: 0);
        Bench bench = new Bench(chain).Watch(Bench.Alice, Bench.Bob);
        long head = chain.Head.Number;

        bench.ReadBlocks(head - 20, 10).Value!.Count.ShouldBe(10);

        bench.Node.Count("eth_getLogs").ShouldBe(0);
        bench.Node.Calls.Count(static call => call.StartsWith("eth_getBlockReceipts", StringComparison.Ordinal)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_range_across_the_settled_height_is_read_as_a_range_below_it_and_whole_above()
    {
        FakeChain chain = Busy(out _, after: 20);
        Bench bench = new Bench(chain).Watch(Bench.Alice, Bench.Bob);
        long settled = chain.Head.Number - 64;
        settled.ShouldBeInRange(10, 50);
        IReadOnlyList<string> expected = new Bench(chain) { CatchUp = EvmCatchUp.Receipts }.Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, (int)chain.Head.Number);

        bench.PaymentsInRange(1, (int)chain.Head.Number).ShouldBe(expected);

        bench.Node.Count("eth_getLogs").ShouldBeGreaterThan(0);
        bench.Node.Calls.Where(static call => call.StartsWith("eth_getLogs", StringComparison.Ordinal)).ShouldAllBe(call => call.Contains($"\"toBlock\":\"{FakeBlock.Hex(settled)}\""));
    }

    [Fact]
    public void Past_the_head_is_not_yet()
    {
        FakeChain chain = new();
        chain.MineEmpty(5);
        Bench bench = new(chain);

        bench.ReadBlocks(6, 10).Kind.ShouldBe(AnswerKind.NotYet);
        bench.ReadBlocks(4, 10).Value!.Count.ShouldBe(2);
        chain.MineEmpty(3);
        bench.ReadBlocks(6, 10).Value!.Count.ShouldBe(3);
    }

    [Fact]
    public void A_block_that_an_endpoint_should_have_but_has_not_is_unknown()
    {
        FakeChain chain = new();
        chain.MineEmpty(200);
        Bench bench = new(chain);
        bench.ReadTip();
        bench.Node.Lag = 150;

        bench.ReadBlocks(60, 10).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Fact]
    public void A_filter_with_too_many_addresses_goes_without_them()
    {
        FakeChain chain = Busy(out _);
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, 40);
        Bench bench = new Bench(chain).Watch(Bench.Alice, Bench.Bob);
        bench.Node.Intercept = static (method, parameters) =>
            method == "eth_getLogs" && parameters[0]!["topics"]!.AsArray().Count > 1 ? throw new FakeRpcException(-32000, "exceed max addresses or topics per search position") : null;

        bench.PaymentsInRange(1, 40).ShouldBe(expected);
        bench.Endpoints[0].LogRange.Limit.ShouldBe(long.MaxValue);
    }

    [Fact]
    public void A_response_that_is_too_large_is_asked_for_in_smaller_batches()
    {
        FakeChain chain = Busy(out _);
        IReadOnlyList<string> expected = new Bench(chain).Watch(Bench.Alice, Bench.Bob).PaymentsInRange(1, 40);
        Bench bench = new Bench(chain).Watch(Bench.Alice, Bench.Bob);
        bench.Node.Rewrite = static answer =>
        {
            // As geth does: what does not fit any more is answered with an error.
            if (answer is JsonArray { Count: > 10 } batch)
            {
                for (int i = 10; i < batch.Count; i++)
                {
                    batch[i] = new JsonObject { ["id"] = (long)batch[i]!["id"]!, ["error"] = new JsonObject { ["code"] = -32003, ["message"] = "response too large" } };
                }
            }

            return answer;
        };

        bench.PaymentsInRange(1, 40).ShouldBe(expected);
    }

    private static FakeChain Busy(out Random random, int after = 70)
    {
        random = new Random(11);
        FakeChain chain = new();
        string emitter = NativeLogs.Emitter.ToString();
        for (int number = 1; number <= 60; number++)
        {
            List<FakeTransaction> transactions = [];
            for (int i = random.Next(4); i > 0; i--)
            {
                string to = random.Next(4) switch { 0 => Bench.Alice, 1 => Bench.Bob, _ => FakeChain.Address(200 + random.Next(5)) };
                string token = random.Next(3) switch { 0 => Bench.Usdc, 1 => Bench.Dai, _ => FakeChain.Address(90) };
                transactions.Add(random.Next(6) switch
                {
                    0 => chain.Pay(to, random.Next(1, 100)),
                    1 => chain.PayToken(token, to, random.Next(100)),
                    2 => new FakeTransaction { Hash = chain.NextHash(), From = FakeChain.Address(1), To = to, Value = 7, Succeeds = false },
                    3 => new FakeTransaction
                    {
                        Hash = chain.NextHash(),
                        From = FakeChain.Address(1),
                        To = FakeChain.Address(2),
                        Value = 3,
                        Logs =
                        [
                            new FakeLog(FakeChain.Address(9), [FakeLog.AsTopic(FakeChain.Address(3))], "0x"),
                            FakeLog.Transfer(token, FakeChain.Address(1), to, 70),
                            FakeLog.Transfer(token, FakeChain.Address(1), to, 70),
                        ],
                        Trace = JsonNode.Parse($$"""{"from":"{{FakeChain.Address(1)}}","to":"{{FakeChain.Address(2)}}","calls":[{"from":"{{FakeChain.Address(2)}}","to":"{{to}}","value":"0x3","type":"CALL"}],"value":"0x3","type":"CALL"}""")!.AsObject(),
                    },
                    4 when number > 50 => new FakeTransaction
                    {
                        Hash = chain.NextHash(),
                        From = FakeChain.Address(1),
                        To = FakeChain.Address(2),
                        Value = 3,
                        Logs = [FakeLog.Transfer(emitter, FakeChain.Address(1), FakeChain.Address(2), 3), FakeLog.Transfer(emitter, FakeChain.Address(2), to, 2)],
                    },
                    _ => chain.PayToken(token, to, random.Next(1, 100)),
                });
            }

            chain.Mine([.. transactions], random.Next(5) == 0 ? [(number, Bench.Alice, number)] : []);
        }

        chain.MineEmpty(after);
        return chain;
    }

    private static int Blocks(JsonArray parameters) =>
        (int)(Convert.ToInt64((string)parameters[0]!["toBlock"]!, 16) - Convert.ToInt64((string)parameters[0]!["fromBlock"]!, 16)) + 1;
}
