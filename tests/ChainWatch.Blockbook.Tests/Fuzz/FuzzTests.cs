using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook.Tests;

public sealed class FuzzTests
{
    /// <summary>How many malformed inputs each reader gets: a million in the long form of the tests.</summary>
    private static readonly int Rounds = Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1" ? 1_000_000 : 4_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_page_is_refused_or_gives_what_a_plain_reader_finds_in_it(bool ethereum)
    {
        IServedChain chain = ethereum ? new EthereumChain(3) : new BitcoinChain(3);
        WatchPlan plan = Pages.Plan(chain.Coin);
        ChainFormat format = ethereum ? AccountFormat.Instance : new ScriptFormat(plan.Coin);
        AddressKey bob = format.ParseAddress(chain.Bob);
        byte[][] whole = [.. chain.Blocks.Select(static block => Pages.Bytes(block.ToPage(1, 1000, 3)))];
        Random random = new(5);
        (int accepted, int compared) = (0, 0);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] json = Damage(random, whole[random.Next(whole.Length)]);
            IReadOnlyList<string> found;
            try
            {
                using PagedBlock block = Pages.Read(plan, null, json);
                found = Pages.Match(block, bob);

                // What it spends is read from the same bytes, later and another way: whatever they say, it must not throw.
                block.FindSpends(new OutputSet(new OutputId(block.Header.Point.Hash, 0)), []);
            }
            catch (Exception exception) when (exception is AnswerFormatException or ShouldAssertException)
            {
                // Refused, or a page of several.
                continue;
            }

            accepted++;
            if (Plain(json, format, bob, ethereum) is { } expected)
            {
                compared++;
                found.Select(WithoutPlace).Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal), $"round {round}: {Encoding.UTF8.GetString(json)}");
            }
        }

        accepted.ShouldBeGreaterThan(0);
        compared.ShouldBeGreaterThan(accepted / 2);
        accepted.ShouldBeLessThan(Rounds);
    }

    [Fact]
    public void A_damaged_raw_block_is_refused_or_the_same_block()
    {
        BitcoinChain chain = new(3);
        WatchPlan plan = Pages.Plan("bitcoin-regtest");
        Random random = new(6);
        for (int round = 0; round < Rounds; round++)
        {
            ServedBlock served = chain.Blocks[random.Next(1, chain.Blocks.Count)];
            byte[] json = Damage(random, Encoding.UTF8.GetBytes($$"""{"hex":"{{served.Raw}}"}"""));
            try
            {
                using BitcoinBlock? block = RawAnswer.Read(json, served.Point.Hash, served.Height, plan, "endpoint-1");
                block?.Header.Point.ShouldBe(served.Point);
            }
            catch (AnswerFormatException)
            {
                // Refused, as it should be.
            }
        }
    }

    [Fact]
    public void Damaged_messages_and_small_answers_end_in_an_error_or_are_read()
    {
        byte[][] whole =
        [
            .. Recordings.Socket.Select(static one => Encoding.UTF8.GetBytes(one.Answer)).Where(static answer => answer.Length < 3000),
            Encoding.UTF8.GetBytes("""{"blockbook":{"coin":"Bitcoin","network":"BTC","bestHeight":5,"inSync":true,"decimals":8},"backend":{"blocks":5,"bestBlockHash":""}}"""),
        ];
        Random random = new(7);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] message = Damage(random, whole[random.Next(whole.Length)]);
            Attempt(() => Envelope.Read(message));
            Attempt(() => Envelope.ReadError(message));
            Attempt(() => ServerInfo.Read(message));
            Attempt(() => ServerInfo.ReadStatus(message));
            Attempt(() => ServerInfo.TryReadPoint(message, out _));
        }
    }

    [Fact]
    public void Whatever_stands_for_an_address_is_none_or_one_that_the_careful_reader_takes_too()
    {
        Coin[] coins = [.. Coin.Known.Where(static coin => coin.Type == CoinType.Bitcoin)];
        (ScriptFormat Format, ScriptText Text)[] readers = [.. coins.Select(static coin => new ScriptFormat(coin)).Zip(coins, static (format, coin) => (format, new ScriptText(coin, format)))];
        Random random = new(8);
        byte[] hash = new byte[20];
        byte[] key = new byte[OutputScript.KeyLength];
        for (int round = 0; round < Rounds; round++)
        {
            (ScriptFormat format, ScriptText text) = readers[random.Next(readers.Length)];
            random.NextBytes(hash);
            byte[] address = Damage(random, Encoding.ASCII.GetBytes(format.FormatAddress(OutputScript.OfPublicKeyHash(hash))));
            if (text.TryRead(address, key) && text.IsWhole(address, new AddressKey(key)))
            {
                format.ParseAddress(Encoding.ASCII.GetString(address)).Bytes.ToArray().ShouldBe(key);
            }
        }
    }

    private static void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (AnswerFormatException)
        {
            // Refused, as it should be.
        }
    }

    /// <summary>What pays an address, read by the framework's document; <see langword="null"/> where the text is no JSON to it.</summary>
    private static List<string>? Plain(byte[] json, ChainFormat format, AddressKey bob, bool ethereum)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return [.. document.RootElement.GetProperty("txs").EnumerateArray().SelectMany(transaction => Plain(transaction, format, bob, ethereum))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static List<string> Plain(JsonElement transaction, ChainFormat format, AddressKey bob, bool ethereum)
    {
        List<string> found = [];
        if (ethereum && transaction.GetProperty("ethereumSpecific").GetProperty("status").GetInt32() != 1)
        {
            return found;
        }

        string id = transaction.GetProperty("txid").GetString()!.Replace("0x", "", StringComparison.Ordinal).ToLowerInvariant();
        foreach (JsonElement output in transaction.GetProperty("vout").EnumerateArray())
        {
            if (output.TryGetProperty("isAddress", out JsonElement flag) && flag.ValueKind == JsonValueKind.True && output.TryGetProperty("addresses", out JsonElement list) &&
                list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 1 && Is(list[0].GetString(), format, bob) && Amount(output) is { IsZero: false } amount)
            {
                found.Add($"{id}/{output.GetProperty("n").GetInt64()} {amount} {(ethereum ? "ETH" : "BTC")}");
            }
        }

        if (ethereum && transaction.TryGetProperty("tokenTransfers", out JsonElement tokens) && tokens.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in tokens.EnumerateArray())
            {
                string standard = Text(token, "standard") is { Length: > 0 } newer ? newer : Text(token, "type");
                string contract = Text(token, "contract") is { Length: > 0 } named ? named : Text(token, "token");
                if (standard.EndsWith("20", StringComparison.Ordinal) && contract.Equals(EthereumChain.Usdc, StringComparison.OrdinalIgnoreCase) &&
                    Is(Text(token, "to"), format, bob) && Amount(token) is { IsZero: false } amount)
                {
                    found.Add($"{id}/token {amount} USDC");
                }
            }
        }

        return found;
    }

    private static string Text(JsonElement from, string name) => from.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    private static BigInteger Amount(JsonElement from) => BigInteger.Parse($"0{Text(from, "value")}", CultureInfo.InvariantCulture);

    /// <summary>A token transfer's place is worked out from all of its transaction's, which is tested elsewhere.</summary>
    private static string WithoutPlace(string text) =>
        text.EndsWith("USDC", StringComparison.Ordinal) ? $"{text[..text.IndexOf('/', StringComparison.Ordinal)]}/token{text[text.IndexOf(' ', StringComparison.Ordinal)..]}" : text;

    private static bool Is(string? text, ChainFormat format, AddressKey key)
    {
        try
        {
            // The careful reader forgives spaces around what people give it.
            return text is not null && text.Trim() == text && format.ParseAddress(text) == key;
        }
        catch (AddressFormatException)
        {
            return false;
        }
    }

    private static byte[] Damage(Random random, byte[] bytes)
    {
        List<byte> damaged = [.. bytes];
        for (int times = random.Next(1, 4); times > 0 && damaged.Count > 2; times--)
        {
            int at = random.Next(damaged.Count);
            switch (random.Next(6))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged.RemoveRange(at, Math.Min(damaged.Count - at, random.Next(1, 20)));
                    break;
                case 2:
                    damaged.InsertRange(at, damaged.GetRange(at, Math.Min(damaged.Count - at, random.Next(1, 40))));
                    break;
                case 3:
                    damaged[at] = "0123456789\"{}[],:\\ntf"u8[random.Next(21)];
                    break;
                case 4:
                    damaged[at] ^= 0x20;
                    break;
                default:
                    int digit = damaged.FindIndex(at, static b => b is >= (byte)'0' and <= (byte)'9');
                    damaged[digit < 0 ? at : digit] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return [.. damaged];
    }
}
