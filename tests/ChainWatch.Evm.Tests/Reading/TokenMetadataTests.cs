using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>What token contracts say of themselves is asked for seldom, many at once, and believed only where it makes sense.</summary>
public sealed class TokenMetadataTests
{
    private readonly FakeChain _chain = new();
    private readonly Dictionary<string, Func<JsonNode?>> _decimals = new(StringComparer.OrdinalIgnoreCase) { [Bench.Usdc] = static () => Number(6), [Bench.Dai] = static () => Number(18) };
    private readonly Dictionary<string, Func<JsonNode?>> _symbols = new(StringComparer.OrdinalIgnoreCase) { [Bench.Usdc] = static () => Text("USDC"), [Bench.Dai] = static () => Text("DAI") };

    [Fact]
    public void Decimals_and_symbols_of_all_tokens_come_by_one_request()
    {
        Bench bench = Create();
        bench.ReadTip();
        int requests = bench.Node.Requests;

        Describe(Read(bench, bench.CreateTokenReader())).ShouldBe(["USDC 6 6 USDC False", "DAI 18 18 DAI False"]);

        (bench.Node.Requests - requests).ShouldBe(1);
        bench.Node.Count("eth_call").ShouldBe(4);
    }

    [Fact]
    public void A_hundred_tokens_are_two_requests()
    {
        (EvmAddress Contract, Asset Asset)[] tokens = [.. Enumerable.Range(1, 100).Select(static number => (new EvmAddress(Bench.Key(FakeChain.Address(number)).Bytes), new Asset { Symbol = $"T{number}", Decimals = 6 }))];
        Bench bench = Create();
        bench.Node.Intercept = static (method, parameters) => method != "eth_call" ? null : (string)parameters[0]!["data"]! == "0x313ce567" ? Number(6) : Text("T");
        bench.ReadTip();
        int requests = bench.Node.Requests;

        Read(bench, bench.CreateTokenReader(tokens)).Count.ShouldBe(100);

        (bench.Node.Requests - requests).ShouldBe(2);
    }

    [Fact]
    public void Other_decimals_than_configured_are_a_contradiction()
    {
        _decimals[Bench.Usdc] = static () => Number(18);
        Bench bench = Create();

        Describe(Read(bench, bench.CreateTokenReader())).ShouldBe(["USDC 6 18 USDC True", "DAI 18 18 DAI False"]);
    }

    [Fact]
    public void An_answer_is_kept_for_a_day()
    {
        Bench bench = Create();
        TokenReader reader = bench.CreateTokenReader();
        Read(bench, reader);
        bench.Time.Advance(TimeSpan.FromHours(23));
        Read(bench, reader).Count.ShouldBe(2);
        bench.Node.Count("eth_call").ShouldBe(4);

        bench.Time.Advance(TimeSpan.FromHours(1));
        Read(bench, reader);
        bench.Node.Count("eth_call").ShouldBe(8);
    }

    [Theory]
    [InlineData("revert")]
    [InlineData("0x")]
    [InlineData("0x01")]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000100")]
    [InlineData("0x1000000000000000000000000000000000000000000000000000000000000006")]
    [InlineData("0xzz00000000000000000000000000000000000000000000000000000000000006")]
    [InlineData("")]
    public void What_says_nothing_is_not_kept(string answer)
    {
        _decimals[Bench.Usdc] = () => answer == "revert" ? throw new FakeRpcException(3, "execution reverted") : answer;
        Bench bench = Create();
        TokenReader reader = bench.CreateTokenReader();
        Read(bench, reader)[0].Decimals.ShouldBeNull();
        _decimals[Bench.Usdc] = static () => Number(7);

        Describe(Read(bench, reader))[0].ShouldBe("USDC 6 7 USDC True");

        bench.Node.Count("eth_call").ShouldBe(6, "the other token is not asked again");
    }

    [Fact]
    public void A_null_is_no_decimals()
    {
        Bench bench = Create();
        bench.Node.Rewrite = static answer =>
        {
            foreach (JsonNode? one in answer.AsArray())
            {
                if (one!["result"] is JsonValue value && value.ToString().StartsWith("0x0000", StringComparison.Ordinal))
                {
                    one["result"] = null;
                }
            }

            return answer;
        };
        bench.ReadTip();

        Read(bench, bench.CreateTokenReader()).ShouldAllBe(static token => token.Decimals == null && token.Symbol == null);
    }

    [Fact]
    public void An_endpoint_that_fails_gives_way_to_another()
    {
        Bench bench = new(_chain, new FakeNode(_chain), new FakeNode(_chain));
        bench.ReadTip();
        bench.Nodes[0].Raw = static (_, _) => FakeNode.Json("", HttpStatusCode.BadGateway);
        bench.Nodes[1].Intercept = Answer;

        Read(bench, bench.CreateTokenReader()).Count.ShouldBe(2);
    }

    [Fact]
    public void An_endpoint_that_does_not_have_the_state_gives_way_to_another()
    {
        Bench bench = new(_chain, new FakeNode(_chain), new FakeNode(_chain));
        bench.ReadTip();
        bench.Nodes[0].Intercept = static (method, _) => method == "eth_call" ? throw new FakeRpcException(-32000, "missing trie node 00 (path ) state 0x00 is not available") : null;
        bench.Nodes[1].Intercept = Answer;

        Describe(Read(bench, bench.CreateTokenReader())).ShouldBe(["USDC 6 6 USDC False", "DAI 18 18 DAI False"]);
    }

    [Fact]
    public void Where_no_endpoint_answers_nothing_is_known()
    {
        Bench bench = Create();
        bench.ReadTip();
        bench.Node.Raw = static (_, _) => FakeNode.Json("", HttpStatusCode.BadGateway);

        bench.Run(() => bench.CreateTokenReader().ReadAsync(CancellationToken.None)).Kind.ShouldBe(AnswerKind.Unknown);
    }

    [Theory]
    [InlineData(true, "finalized")]
    [InlineData(false, "latest")]
    public void It_is_asked_at_the_final_block_where_the_endpoint_has_one(bool hasTags, string tag)
    {
        _chain.MineEmpty(10);
        _chain.Finalized = 5;
        Bench bench = Create();
        bench.Node.HasTags = hasTags;
        bench.ReadTip();
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        bench.ReadTip();

        Read(bench, bench.CreateTokenReader());

        bench.Node.Calls.Where(static call => call.StartsWith("eth_call", StringComparison.Ordinal)).ShouldAllBe(call => call.Contains(tag));
    }

    [Theory]
    [InlineData("USDC", "USDC")]
    [InlineData("₮", "₮")]
    [InlineData("  A b ", "A b")]
    [InlineData("", null)]
    [InlineData("a\nb\u202ec\0", "a\ufffdb\ufffdc\ufffd")]
    [InlineData("01234567890123456789012345678901234567890123456789", "01234567890123456789012345678901")]
    [InlineData("0123456789012345678901234567890😀", "0123456789012345678901234567890")]
    public void A_symbol_is_told_as_far_as_it_can_be_shown(string symbol, string? told) => TokenAnswer.ReadSymbol(Bytes(Text(symbol))).ShouldBe(told);

    [Fact]
    public void A_symbol_of_one_word_is_read()
    {
        TokenAnswer.ReadSymbol(Bytes("0x" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes("MKR")).PadRight(64, '0'))).ShouldBe("MKR");
        TokenAnswer.ReadSymbol(Bytes("0x" + new string('0', 64))).ShouldBeNull();
    }

    [Fact]
    public void Hostile_offsets_lengths_and_bytes_are_survived()
    {
        string word = new('f', 64);
        string offset = "20".PadLeft(64, '0');
        TokenAnswer.ReadSymbol(Bytes("0x" + word + word + word)).ShouldBeNull("it points nowhere");
        TokenAnswer.ReadSymbol(Bytes("0x" + "40".PadLeft(64, '0') + word + word)).ShouldBeNull("it points elsewhere");
        TokenAnswer.ReadSymbol(Bytes("0x" + offset + word + word)).ShouldBe(new string('\ufffd', 32), "it is longer than it is, and no UTF-8");
        TokenAnswer.ReadSymbol(Bytes("0x" + offset + "ffff".PadLeft(64, '0') + "41".PadRight(64, '0'))!).ShouldStartWith("A");
        TokenAnswer.ReadSymbol(Bytes("0x" + offset + "08".PadLeft(64, '0'))).ShouldBeNull("it ends where it should begin");
        TokenAnswer.ReadSymbol(Bytes("0x" + offset + "0100000000000000000000000000000000000000000000000000000000000001" + "41".PadRight(64, '0'))).ShouldStartWith("A");
        TokenAnswer.ReadSymbol(Bytes("0x" + offset + "03".PadLeft(64, '0') + "4142".PadRight(63, '0'))).ShouldNotBeNull("half a byte is left over");
        TokenAnswer.ReadSymbol(Bytes(Text(new string('x', 1_000_000)))).ShouldBe(new string('x', 32));
        TokenAnswer.ReadDecimals(Encoding.ASCII.GetBytes("\"0x" + new string('f', 1_000_000) + "\"")).ShouldBeNull();
        foreach (string json in (string[])["", "\"", "\"\"", "null", "{}", "[]", "\"0\"", "\"0x\"", "17", "\"xx00000000\""])
        {
            TokenAnswer.ReadSymbol(Encoding.ASCII.GetBytes(json)).ShouldBeNull(json);
            TokenAnswer.ReadDecimals(Encoding.ASCII.GetBytes(json)).ShouldBeNull(json);
        }
    }

    [Fact]
    public void Any_bytes_at_all_are_survived()
    {
        Random random = new(5);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 64 && round % 2 == 0)
            {
                bytes.AsSpan(0, 62).Clear();
                bytes[31] = 32;
            }

            string? symbol = TokenAnswer.ReadSymbol(Bytes("0x" + Convert.ToHexStringLower(bytes)));
            (symbol?.Length ?? 1).ShouldBeInRange(1, 32);
            symbol?.Any(char.IsControl).ShouldBeFalse();
        }
    }

    private static byte[] Bytes(JsonNode text) => Encoding.UTF8.GetBytes($"\"{text}\"");

    private static JsonNode Number(int value) => "0x" + value.ToString("x64", System.Globalization.CultureInfo.InvariantCulture);

    private static JsonNode Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        string digits = Convert.ToHexStringLower(utf8);
        return "0x" + "20".PadLeft(64, '0') + utf8.Length.ToString("x64", System.Globalization.CultureInfo.InvariantCulture) + digits.PadRight((digits.Length + 63) / 64 * 64, '0');
    }

    private static IReadOnlyList<TokenMetadata> Read(Bench bench, TokenReader reader)
    {
        Answer<IReadOnlyList<TokenMetadata>> answer = bench.Run(() => reader.ReadAsync(CancellationToken.None));
        answer.IsFound.ShouldBeTrue(answer.Reason);
        return answer.Value!;
    }

    private static string[] Describe(IReadOnlyList<TokenMetadata> tokens) =>
        [.. tokens.Select(static token => $"{token.Asset.Symbol} {token.Asset.Decimals} {token.Decimals} {token.Symbol} {token.Contradicts}")];

    private Bench Create()
    {
        Bench bench = new(_chain);
        bench.Node.Intercept = Answer;
        return bench;
    }

    private JsonNode? Answer(string method, JsonArray parameters)
    {
        if (method != "eth_call")
        {
            return null;
        }

        string contract = (string)parameters[0]!["to"]!;
        return (string)parameters[0]!["data"]! switch
        {
            "0x313ce567" => _decimals[contract](),
            "0x95d89b41" => _symbols[contract](),
            _ => throw new FakeRpcException(3, "execution reverted"),
        };
    }
}
