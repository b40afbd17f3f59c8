using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Cardano.Tests;

public sealed class FuzzTests
{
    /// <summary>How many malformed inputs each reader gets: a million in the long form of the tests.</summary>
    private static readonly int Rounds = Environment.GetEnvironmentVariable("CHAINWATCH_LONG") == "1" ? 1_000_000 : 10_000;

    [Fact]
    public void A_damaged_message_is_refused_or_says_what_a_naive_reading_finds_in_it()
    {
        byte[][] whole =
        [
            .. ((FakeBlock[])
            [
                FakeBlock.First(5, v7: false, new FakeTransaction("pays", new FakeOutput(Someone.Alice, 5), new FakeOutput(Someone.Bob, 3, (Someone.Policy, "474f4c44", 4))) { Memo = ["order 7"] }),
                FakeBlock.First(5, v7: false, new FakeTransaction("fails", new FakeOutput(Someone.Bob, 3)) { Failed = true, Return = new FakeOutput(Someone.Bob, 1) }),
                FakeBlock.First(5, v7: true, new FakeTransaction("outside") { Inside = [new FakeTransaction("inside", new FakeOutput(Someone.Bob, BigInteger.Pow(10, 20)))] }),
            ]).Select(static block => Encoding.UTF8.GetBytes(Messages.Forward(block.ToJson()))),
            Encoding.UTF8.GetBytes("{\"jsonrpc\":\"2.0\",\"method\":\"nextBlock\",\"result\":{\"direction\":\"backward\",\"point\":{\"slot\":92267,\"id\":\"" + new string('a', 64) + "\"},\"tip\":\"origin\"},\"id\":9}"),
            """{"jsonrpc":"2.0","method":"findIntersection","error":{"code":1000,"message":"No intersection found.","data":{"tip":"origin"}},"id":3}"""u8.ToArray(),
        ];
        AddressSet bob = Someone.Watch(Someone.Bob);
        MessageReader reader = new();
        int read = 0;
        int found = 0;
        Random random = new(5);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] json = Damage(random, whole[random.Next(whole.Length)]);
            List<string> lines;
            OgmiosMessage message;
            try
            {
                message = reader.Read(Messages.Rent(json));
                if (message.Kind != MessageKind.Forward)
                {
                    message.Dispose();
                    continue;
                }

                using CardanoBlock block = Messages.ToBlock(message);
                TransferList sink = new();
                block.Match(bob, sink).ShouldBeTrue();
                lines = [.. sink.Transfers.Select(static transfer => TransferList.Write(transfer, Someone.Format, withTag: false))];
            }
            catch (Exception exception) when (exception is CardanoFormatException or JsonException)
            {
                continue;
            }

            read++;
            found += lines.Count;
            string text = Encoding.UTF8.GetString(json);
            NaiveReading naive = NaiveReading.Of(text).ShouldNotBeNull(string.Create(CultureInfo.InvariantCulture, $"round {round}"));
            lines.ShouldBe(
                naive.Lines.Where(static line => line.Address == Someone.Bob)
                    .Select(static line => line.Line.Replace($" {Someone.Policy}474f4c44 ", " GOLD ", StringComparison.Ordinal).Replace($" {Someone.Policy} ", " NAMELESS ", StringComparison.Ordinal))
                    .Where(static line => line.Contains(" ADA ", StringComparison.Ordinal) || line.Contains(" GOLD ", StringComparison.Ordinal) || line.Contains(" NAMELESS ", StringComparison.Ordinal)),
                string.Create(CultureInfo.InvariantCulture, $"round {round}: {text}"));
        }

        read.ShouldBeGreaterThan(Rounds / 100);
        found.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_damaged_address_is_refused_or_written_back_as_the_same_address()
    {
        (CardanoFormat Format, string Text)[] texts =
        [
            (new CardanoFormat(CardanoNetwork.Main), "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x"),
            (new CardanoFormat(CardanoNetwork.Main), "addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k"),
            (new CardanoFormat(CardanoNetwork.Main), "DdzFFzCqrht8mbSTZHqpM2u4HeND2mdspsaBhdQ1BowPJBMzbDeBMeKgqdoKqo1D4sdPusEdZJVrFJRBBxX1jUEofNDYCJSZLg8MkyCE"),
            (new CardanoFormat(CardanoNetwork.Find("1097911063")!), "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na"),
        ];
        Random random = new(8);
        Span<byte> form = stackalloc byte[AddressForm.Length];
        for (int round = 0; round < Rounds; round++)
        {
            (CardanoFormat format, string whole) = texts[random.Next(texts.Length)];
            byte[] bytes = Damage(random, Encoding.UTF8.GetBytes(whole));
            string text = Encoding.UTF8.GetString(bytes);
            bool answered = format.TryReadAnswered(bytes, form);
            try
            {
                AddressKey key = format.ParseAddress(text);
                format.FormatAddress(key).Equals(text.Trim(), text.StartsWith("addr", StringComparison.OrdinalIgnoreCase) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal).ShouldBeTrue(string.Create(CultureInfo.InvariantCulture, $"round {round}: {text}"));
                if (answered)
                {
                    new AddressKey(form).ShouldBe(key);
                }
            }
            catch (AddressFormatException)
            {
                // Refused, as it should be.
            }

            if (answered)
            {
                // Whatever an answer holds can be written as an address again, and read as the same.
                AddressKey key = new(form);
                if (AddressForm.IsByron(form) || AddressForm.NetworkOf(form) == 1)
                {
                    format.ParseAddress(format.FormatAddress(key)).ShouldBe(key, string.Create(CultureInfo.InvariantCulture, $"round {round}"));
                }
            }
        }
    }

    private static byte[] Damage(Random random, byte[] whole)
    {
        List<byte> bytes = [.. whole];
        for (int times = random.Next(4); times >= 0 && bytes.Count > 1; times--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5 when bytes[at] is >= (byte)'0' and <= (byte)'9':
                    bytes[at] = (byte)('0' + random.Next(10));
                    break;
                default:
                    bytes[at] = bytes[random.Next(bytes.Count)];
                    break;
            }
        }

        return [.. bytes];
    }
}
