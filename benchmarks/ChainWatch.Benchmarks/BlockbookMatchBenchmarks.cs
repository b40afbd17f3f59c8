extern alias Blockbook;

using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Blockbook::ChainWatch.Blockbook;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Benchmarks;

/// <summary>
/// From the pages of a block, as Blockbook answers them, to the payments in it, all checks made, against a million watched addresses. The bound: a bare <see cref="Utf8JsonReader"/> that goes from token to
/// token over the same bytes and does nothing with them.
/// </summary>
[MemoryDiagnoser]
public class BlockbookMatchBenchmarks
{
    private byte[] _page = null!;
    private WatchPlan _plan = null!;
    private HeldPayments _held = null!;
    private AddressSet _watched = null!;
    private CountingSink _sink = null!;

    /// <summary>The coin: 2,000 transactions of two inputs and two outputs, or 200 transactions of which every second moves a token.</summary>
    [Params("bitcoin", "ethereum")]
    public string Kind { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var coin = Coin.Find(Kind)!;
        var native = new Asset { Symbol = coin.Symbol, Decimals = coin.Decimals };
        var random = new Random(1);
        _held = new HeldPayments("bench", NullLogger.Instance);
        _sink = new CountingSink();
        IAddressText text;
        if (coin.Type == CoinType.Bitcoin)
        {
            var format = new ScriptFormat(coin);
            text = new ScriptText(coin, format);
            _plan = new WatchPlan(coin, text, native, [], internals: false);
            _page = Encoding.UTF8.GetBytes(Bitcoin(random, format));
        }
        else
        {
            text = new AccountText();
            var usdc = new Asset { Symbol = "USDC", Decimals = 6 };
            _plan = new WatchPlan(coin, text, native, [(AccountFormat.Instance.ParseAddress("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"), usdc)], internals: false);
            _page = Encoding.UTF8.GetBytes(Ethereum(random));
        }

        var key = new byte[text.KeyLength];
        _watched = AddressSet.Create(key.Length, 1_000_000).Add(Enumerable.Range(0, 1_000_000).Select(_ =>
        {
            random.NextBytes(key);
            return new AddressKey(key);
        }));
    }

    [Benchmark(Baseline = true, Description = "Utf8JsonReader.Read alone")]
    public long Reader()
    {
        var reader = new Utf8JsonReader(_page);
        var tokens = 0L;
        while (reader.Read())
        {
            tokens++;
        }

        return tokens;
    }

    [Benchmark(Description = "read, check and match")]
    public int Read_check_and_match()
    {
        var content = new BlockContent(_plan.Coin);
        content.Add(new ServerAnswer(_page));
        using var block = new PagedBlock(content, "bench", _plan, _held);
        block.Match(_watched, _sink);
        return block.Size;
    }

    private static string Hex(Random random, int bytes)
    {
        var value = new byte[bytes];
        random.NextBytes(value);
        return Convert.ToHexStringLower(value);
    }

    private static string Page(string hash, string previous, long height, int count, string transactions) =>
        $$"""{"page":1,"totalPages":1,"itemsOnPage":10000,"hash":"{{hash}}","previousBlockHash":"{{previous}}","height":{{height}},"confirmations":1,"size":1500000,"time":1700000000,"version":536870912,"merkleRoot":"","nonce":"","bits":"","difficulty":"1","txCount":{{count}},"txs":[{{transactions}}]}""";

    private static string Bitcoin(Random random, ScriptFormat format)
    {
        var hash = Hex(random, 32);
        var transactions = Enumerable.Range(0, 2_000).Select(_ => $$"""{"txid":"{{Hex(random, 32)}}","vin":[{{Input(0)}},{{Input(1)}}],"vout":[{{Output(0)}},{{Output(1)}}],"blockHash":"{{hash}}","blockHeight":800000,"confirmations":1,"blockTime":1700000000,"value":"200024690","valueIn":"200025000","fees":"310"}""");
        return Page(hash, Hex(random, 32), 800_000, 2_000, string.Join(',', transactions));

        string Address()
        {
            var program = new byte[42];
            random.NextBytes(program.AsSpan(2, 20));
            program[1] = 20;
            return random.Next(3) == 0 ? format.FormatAddress(new AddressKey([0xa9, 0x14, .. program[2..22], 0x87, .. new byte[19]])) : format.FormatAddress(new AddressKey(program));
        }

        string Input(int n) => $$"""{"n":{{n}},"addresses":["{{Address()}}"],"isAddress":true,"value":"100012500"}""";

        string Output(int n) => string.Create(CultureInfo.InvariantCulture, $"{{\"value\":\"{random.Next(1, 1_000_000_000)}\",\"n\":{n},\"addresses\":[\"{Address()}\"],\"isAddress\":true}}");
    }

    private static string Ethereum(Random random)
    {
        var hash = $"0x{Hex(random, 32)}";
        var transactions = Enumerable.Range(0, 200).Select(index => $$$"""{"txid":"0x{{{Hex(random, 32)}}}","vin":[{"n":0,"addresses":["0x{{{Hex(random, 20)}}}"],"isAddress":true}],"vout":[{"value":"{{{random.Next()}}}000000","n":0,"addresses":["0x{{{Hex(random, 20)}}}"],"isAddress":true}],"blockHash":"{{{hash}}}","blockHeight":18000000,"confirmations":1,"blockTime":1700000000,"value":"1","fees":"2100000000000",{{{(index % 2 == 0 ? "" : Tokens())}}}"ethereumSpecific":{"status":1,"nonce":505,"gasLimit":550941,"gasUsed":434686,"gasPrice":"44035608242","data":"0x{{{Hex(random, index % 2 == 0 ? 1 : 200)}}}"}}""");
        return Page(hash, $"0x{Hex(random, 32)}", 18_000_000, 200, string.Join(',', transactions));

        string Tokens() => $$"""
            "tokenTransfers":[{"type":"ERC20","standard":"ERC20","from":"0x{{Hex(random, 20)}}","to":"0x{{Hex(random, 20)}}","contract":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48","name":"USD Coin","symbol":"USDC","decimals":6,"value":"{{random.Next()}}"}],
            """;
    }
}
