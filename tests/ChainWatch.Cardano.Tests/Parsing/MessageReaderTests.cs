using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Cardano.Tests;

public sealed class MessageReaderTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly AddressSet Bob = Someone.Watch(Someone.Bob);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Outputs_to_watched_addresses_are_found_with_each_asset_on_its_own(bool v7)
    {
        FakeTransaction transaction = new(
            "pays",
            new FakeOutput(Someone.Alice, 9_000_000, (Someone.Policy, "474f4c44", 3)),
            new FakeOutput(Someone.Bob, 1_500_000, (Someone.Policy, "474f4c44", 250), (Someone.Policy, "", 4), (Someone.OtherPolicy, "474f4c44", 5)),
            new FakeOutput(Someone.Bob, 1));
        FakeBlock block = FakeBlock.First(5, v7, transaction);

        List<string> found = Messages.Match(Messages.Forward(block.ToJson()), Bob);

        found.ShouldBe(block.Expect(Someone.Bob));
        found.Count.ShouldBe(4);
    }

    [Fact]
    public void Of_a_transaction_whose_scripts_failed_only_the_collateral_return_is_an_output_behind_all_that_are_listed()
    {
        FakeTransaction failed = new("fails", new FakeOutput(Someone.Bob, 1_000_000), new FakeOutput(Someone.Bob, 2_000_000)) { Failed = true, Return = new FakeOutput(Someone.Bob, 77) };
        FakeTransaction failedToo = new("fails too", new FakeOutput(Someone.Bob, 3_000_000)) { Failed = true };
        FakeTransaction succeeds = new("succeeds", new FakeOutput(Someone.Bob, 5)) { Return = new FakeOutput(Someone.Bob, 88) };
        FakeBlock block = FakeBlock.First(5, v7: false, failed, failedToo, succeeds);

        List<string> found = Messages.Match(Messages.Forward(block.ToJson()), Bob);

        found.ShouldBe([$"{failed.Id}/{2 << 16} {Someone.Bob} ADA 77 -", $"{succeeds.Id}/0 {Someone.Bob} ADA 5 -"]);
    }

    [Fact]
    public void What_a_transaction_spends_counts_wherever_in_it_that_stands()
    {
        string transaction = $"{{\"outputs\":[{new FakeOutput(Someone.Bob, 9).ToJson()}],\"collateralReturn\":{new FakeOutput(Someone.Bob, 4).ToJson()},\"id\":\"{new string('1', 64)}\",\"spends\":\"collaterals\"}}";

        Messages.Match(Messages.Forward(Messages.Block(transaction)), Bob).ShouldBe([$"{new string('1', 64)}/{1 << 16} {Someone.Bob} ADA 4 -"]);
    }

    [Fact]
    public void Transactions_inside_others_pay_too_and_stand_and_fall_with_them()
    {
        FakeTransaction inside = new("inside", new FakeOutput(Someone.Alice, 1), new FakeOutput(Someone.Bob, 12)) { Memo = ["inner"] };
        FakeBlock good = FakeBlock.First(5, v7: true, new FakeTransaction("outside", new FakeOutput(Someone.Bob, 3)) { Inside = [inside] });
        FakeBlock bad = FakeBlock.First(5, v7: true, new FakeTransaction("outside", new FakeOutput(Someone.Bob, 3)) { Inside = [inside], Failed = true, Return = new FakeOutput(Someone.Bob, 2) });

        Messages.Match(Messages.Forward(good.ToJson()), Bob).Order().ShouldBe(good.Expect(Someone.Bob).Order());
        Messages.Match(Messages.Forward(good.ToJson()), Bob).ShouldContain($"{inside.Id}/65536 {Someone.Bob} ADA 12 inner");
        Messages.Match(Messages.Forward(bad.ToJson()), Bob).ShouldBe(bad.Expect(Someone.Bob));
    }

    [Fact]
    public void What_is_spent_are_the_inputs_or_where_the_scripts_failed_the_collaterals_and_nothing_of_what_is_inside_then()
    {
        OutputId Id(char digit, int index) => new(Hash256.Parse(new string(digit, 64)), index);
        string List(char digit, int index) => string.Create(CultureInfo.InvariantCulture, $"[{{\"transaction\":{{\"id\":\"{new string('f', 64)}\"}},\"index\":0}},{{\"transaction\":{{\"id\":\"{new string(digit, 64)}\"}},\"index\":{index}}}]");
        string Transaction(char id, string spends, char from, char inside) =>
            $"{{\"id\":\"{new string(id, 64)}\",\"inputs\":{List(from, 1)},\"collaterals\":{List(from, 2)},\"references\":{List(from, 3)},\"subTransactions\":[{{\"id\":\"{new string('9', 64)}\",\"inputs\":{List(inside, 4)}}}],\"spends\":\"{spends}\"}}";
        string json = Messages.Forward(Messages.Block(Transaction('1', "inputs", 'a', 'b'), Transaction('2', "collaterals", 'c', 'd')));
        OutputSet wanted = new([.. "abcd".SelectMany(digit => Enumerable.Range(0, 6).Select(index => Id(digit, index)))]);
        foreach (string spelling in (string[])[json, json.Replace("\"inputs\":", "\"\\u0069nputs\":", StringComparison.Ordinal)])
        {
            using CardanoBlock block = Messages.ToBlock(Messages.Read(spelling));
            List<OutputSpent> spends = [];

            block.FindSpends(wanted, spends);

            spends.Select(static spent => (spent.Output, By: spent.SpentBy.ToString()[0])).ShouldBe([(Id('a', 1), '1'), (Id('b', 4), '9'), (Id('c', 2), '2')], ignoreOrder: true);
        }

        Someone.Format.OutputOf(new PaymentId(Id('a', 0).TransactionId, OutputValue.OrdinalOf(7, 3))).ShouldBe(Id('a', 7));
    }

    [Fact]
    public void Missing_outputs_transactions_and_validity_intervals_are_none()
    {
        FakeBlock empty = FakeBlock.First(5, v7: true, new FakeTransaction("burns"));
        string bare = Messages.Block().Replace(",\"transactions\":[]", "", StringComparison.Ordinal);

        Messages.Match(Messages.Forward(empty.ToJson()), Bob).ShouldBeEmpty();
        Messages.Match(Messages.Forward(bare), Bob).ShouldBeEmpty();
    }

    [Fact]
    public void Unknown_eras_types_and_fields_are_passed_over()
    {
        string transaction = new FakeTransaction("pays", new FakeOutput(Someone.Bob, 3)) { More = "\"quantum\":{\"outputs\":[{\"address\":\"" + Someone.Bob + "\",\"value\":{\"ada\":{\"lovelace\":9}}}]}," }.ToJson(v7: true);
        string block = Messages.Block(transaction).Replace("praos", "leios", StringComparison.Ordinal).Replace("conway", "euler", StringComparison.Ordinal).Replace("\"slot\"", "\"endorsers\":[[1]],\"slot\"", StringComparison.Ordinal);

        Messages.Match(Messages.Forward(block), Bob).Count.ShouldBe(1);
    }

    [Fact]
    public void An_epoch_boundary_block_has_neither_slot_nor_transactions()
    {
        using OgmiosMessage message = Messages.Read(Messages.Forward($"{{\"type\":\"ebb\",\"era\":\"byron\",\"height\":21600,\"id\":\"{new string('b', 64)}\",\"ancestor\":\"{new string('a', 64)}\"}}"));

        message.Block!.IsBoundary.ShouldBeTrue();
        message.Block.Height.ShouldBe(21600);
        message.Block.OutputCount.ShouldBe(0);
    }

    [Fact]
    public void Quantities_beyond_64_bits_and_their_sums_are_exact()
    {
        BigInteger large = BigInteger.Parse("9223372036854775807", CultureInfo.InvariantCulture);
        FakeBlock block = FakeBlock.First(5, v7: false, new FakeTransaction("much", new FakeOutput(Someone.Bob, large, (Someone.Policy, "474f4c44", large * 4)), new FakeOutput(Someone.Bob, (large * 2) + 1)));

        List<string> found = Messages.Match(Messages.Forward(block.ToJson()), Bob);

        found.ShouldBe(block.Expect(Someone.Bob));
        found.ShouldContain(line => line.Contains("GOLD 36893488147419103228", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"msg\":[\"order 1042\",\"Grüße\"]}", "order 1042\nGrüße")]
    [InlineData("{\"msg\":\"order 1042\"}", "order 1042")]
    [InlineData("{\"map\":[{\"k\":{\"string\":\"enc\"},\"v\":{\"string\":\"basic\"}},{\"k\":{\"string\":\"msg\"},\"v\":{\"list\":[{\"string\":\"a\"},{\"string\":\"b\"}]}}]}", "a\nb")]
    [InlineData("{\"msg\":[\"a\\u0000b\"]}", "ab")]
    [InlineData("{\"msg\":[\"\\ud800\"]}", null)]
    [InlineData("{\"msg\":[5]}", null)]
    [InlineData("\"order 1042\"", null)]
    [InlineData("[1,[2]]", null)]
    public void The_message_of_label_674_is_the_tag(string json, string? tag)
    {
        string metadata = $"\"metadata\":{{\"hash\":\"00\",\"labels\":{{\"0\":{{\"cbor\":\"a0\"}},\"674\":{{\"json\":{json}}},\"675\":{{\"json\":{{\"msg\":[\"other\"]}}}}}}}},";
        string transaction = new FakeTransaction("pays", new FakeOutput(Someone.Bob, 3)) { More = metadata }.ToJson(v7: false);

        Messages.Match(Messages.Forward(Messages.Block(transaction)), Bob).Single().ShouldEndWith($"ADA 3 {tag ?? "-"}");
    }

    [Fact]
    public void Metadata_nested_five_thousand_levels_deep_does_not_stop_the_stream()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"list\":[", 2500)) + "1" + string.Concat(Enumerable.Repeat("]}", 2500));
        string metadata = $"\"metadata\":{{\"hash\":\"00\",\"labels\":{{\"5\":{{\"json\":{deep}}},\"674\":{{\"json\":{{\"msg\":[\"still read\"]}}}}}}}},";
        string transaction = new FakeTransaction("pays", new FakeOutput(Someone.Bob, 3)) { More = metadata }.ToJson(v7: false);
        string hostile = transaction.Replace("\"msg\":[\"still read\"]", $"\"msg\":{deep}", StringComparison.Ordinal);

        Messages.Match(Messages.Forward(Messages.Block(transaction)), Bob).Single().ShouldEndWith("ADA 3 still read");
        Messages.Match(Messages.Forward(Messages.Block(hostile)), Bob).Single().ShouldEndWith("ADA 3 -");
    }

    [Theory]
    [InlineData("\"spends\":\"inputs\"", "\"spends\":\"both\"", "spends neither")]
    [InlineData("\"spends\":\"inputs\",", "", "does not say what it spends")]
    [InlineData("\"outputs\":[", "\"outputs\":[[", "an output is not")]
    [InlineData("\"outputs\":[", "\"outputs\":[],\"outputs\":[", "two lists of outputs")]
    [InlineData("\"address\":", "\"addr\":", "no address")]
    [InlineData("\"value\":{\"ada\":{\"lovelace\":3}}", "\"value\":3", "output.value")]
    [InlineData("\"transactions\":[", "\"transactions\":[[]],\"x\":[", "a transaction is not")]
    [InlineData("\"height\":5", "\"height\":-5", "block.height")]
    [InlineData("\"height\":5", "\"height\":5.5", "block.height")]
    [InlineData("\"direction\":\"forward\"", "\"direction\":\"sideways\"", "direction")]
    [InlineData("\"result\"", "\"reflection\"", "neither a result nor an error")]
    public void Known_fields_of_another_shape_are_refused_with_the_reason(string text, string replacement, string reason)
    {
        string json = Messages.Forward(Messages.Block(new FakeTransaction("pays", new FakeOutput(Someone.Bob, 3)).ToJson(v7: false)));
        json.ShouldContain(text);

        CardanoFormatException exception = Should.Throw<CardanoFormatException>(() => Messages.Read(json.Replace(text, replacement, StringComparison.Ordinal)));

        exception.Message.ShouldContain(reason);
    }

    [Theory]
    [InlineData("\"lovelace\":3", "\"lovelace\":-3")]
    [InlineData("\"lovelace\":3", "\"lovelace\":3.5")]
    [InlineData("\"lovelace\":3", "\"lovelace\":3e2")]
    [InlineData("\"lovelace\":3", "\"lovelace\":\"3\"")]
    [InlineData("\"ada\":{\"lovelace\":3}", "\"ada\":{\"lovelace\":3},\"ada\":{\"lovelace\":4}")]
    [InlineData("\"ada\":{\"lovelace\":3}", "\"ada\":{\"lovelace\":3},\"" + Someone.Policy + "\":42")]
    [InlineData("\"ada\":{\"lovelace\":3}", "\"ada\":{\"lovelace\":3},\"" + Someone.Policy + ".474f4c44\":{\"\":42}")]
    public void The_amount_of_a_watched_output_is_read_exactly_or_not_at_all(string text, string replacement)
    {
        string json = Messages.Forward(Messages.Block(new FakeTransaction("pays", new FakeOutput(Someone.Bob, 3)).ToJson(v7: false))).Replace(text, replacement, StringComparison.Ordinal);

        Should.Throw<CardanoFormatException>(() => Messages.Match(json, Bob));
        Messages.Match(json, Someone.Watch(Someone.Alice)).ShouldBeEmpty();
    }

    [Fact]
    public void However_it_is_spelled_a_message_says_the_same()
    {
        FakeBlock block = FakeBlock.First(5, v7: false, new FakeTransaction("pays", new FakeOutput(Someone.Bob, 3, (Someone.Policy, "", 4))) { Memo = ["hello"] });
        string json = Messages.Forward(block.ToJson());
        string pretty = System.Text.Json.Nodes.JsonNode.Parse(json)!.ToJsonString(Indented);
        string escaped = json.Replace("\"outputs\"", "\"\\u006futputs\"", StringComparison.Ordinal);
        string reversed = json.Replace(",\"id\":7}", "}", StringComparison.Ordinal).Replace("{\"jsonrpc\"", "{\"id\":7,\"jsonrpc\"", StringComparison.Ordinal);

        foreach (string spelling in (string[])[json, pretty, escaped, reversed])
        {
            Messages.Match(spelling, Bob).ShouldBe(block.Expect(Someone.Bob));
            Messages.Read(spelling).Id.ShouldBe(7);
        }
    }

    [Fact]
    public void Matching_again_finds_the_same_for_the_addresses_that_it_is_asked_for()
    {
        FakeBlock fake = FakeBlock.First(5, v7: false, new FakeTransaction("pays", new FakeOutput(Someone.Bob, 3), new FakeOutput(Someone.Carol, 4)));
        using CardanoBlock block = Messages.ToBlock(Messages.Read(Messages.Forward(fake.ToJson())));
        TransferList first = new();
        TransferList second = new();

        block.Match(Bob, first);
        block.Match(Someone.Watch(Someone.Carol), second);

        first.Texts.ShouldBe(fake.Expect(Someone.Bob));
        second.Texts.ShouldBe(fake.Expect(Someone.Carol));
    }

    [Fact]
    public void By_payment_credential_a_deposit_to_the_same_key_with_another_stake_part_is_found()
    {
        CardanoFormat byCredential = new(CardanoNetwork.Find(Someone.Network)!, byCredential: true);
        FakeBlock block = FakeBlock.First(5, v7: false, new FakeTransaction("pays", new FakeOutput(Someone.WithStake("bob", "another's stake"), 3)));
        string json = Messages.Forward(block.ToJson());

        Messages.Match(json, Bob).ShouldBeEmpty();
        Messages.Match(json, Someone.Watch(byCredential, Someone.Bob), Someone.Plan(byCredential)).ShouldBe([$"{block.Transactions[0].Id}/0 {Someone.Bob} ADA 3 -"]);
    }

    [Fact]
    public void Nothing_is_allocated_for_what_does_not_match()
    {
        FakeTransaction[] transactions = [.. Enumerable.Range(0, 300).Select(static number => new FakeTransaction(
            string.Create(CultureInfo.InvariantCulture, $"{number}"),
            new FakeOutput(Someone.Alice, number),
            new FakeOutput(Someone.Carol, number, (Someone.Policy, "474f4c44", 5)))
        { Memo = ["hello"] })];
        using CardanoBlock large = Messages.ToBlock(Messages.Read(Messages.Forward(FakeBlock.First(5, v7: false, transactions).ToJson())));
        byte[] small = Encoding.UTF8.GetBytes(Messages.Forward(FakeBlock.First(5, v7: false, transactions[..4]).ToJson()));
        byte[] same = Encoding.UTF8.GetBytes(Messages.Forward(FakeBlock.First(5, v7: false, transactions).ToJson()));
        TransferList sink = new();
        MessageReader reader = new();
        long ReadAndMatch(byte[] json)
        {
            PooledBytes body = Messages.Rent(json);
            long before = GC.GetAllocatedBytesForCurrentThread();
            OgmiosMessage message = reader.Read(body);
            using CardanoBlock block = Messages.ToBlock(message, Plan);
            block.Match(Bob, sink);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        for (int round = 0; round < 20; round++)
        {
            ReadAndMatch(same);
            ReadAndMatch(small);
            large.Match(Bob, sink);
        }

        long started = GC.GetAllocatedBytesForCurrentThread();
        large.Match(Bob, sink);
        (GC.GetAllocatedBytesForCurrentThread() - started).ShouldBe(0);
        ReadAndMatch(same).ShouldBe(ReadAndMatch(small));
        sink.Transfers.ShouldBeEmpty();
    }

    private static readonly WatchPlan Plan = Someone.Plan();
}
