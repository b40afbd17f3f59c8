using System.Text;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>Whatever bytes come, a decoder gives what they say or refuses them: no other failure, no hang, and never another amount than the bytes hold.</summary>
public sealed class MalformedInputTests
{
    private static readonly int Times = Runs.Of(20_000, 1_000_000);

    [Fact]
    public void Blocks_whose_bytes_are_wrong_are_refused()
    {
        Random random = Runs.Seeded();
        MadeBlock[] blocks = [.. Enumerable.Range(0, 8).Select(_ => RandomBlock(random))];
        int proven = 0;
        for (int run = 0; run < Times; run++)
        {
            MadeBlock block = blocks[run % blocks.Length];
            byte[] bytes = Mutate(block.Bytes, random);
            try
            {
                BlockProof.Verify(bytes, block.HashValue, extensions: run % 2 == 0, witness: true);
                bytes.ShouldBe(block.Bytes);
                proven++;
            }
            catch (Exception exception) when (exception is BlockFormatException or BlockProofException)
            {
                // Refused, as it should be.
            }
        }

        proven.ShouldBeLessThan(Times);
    }

    [Fact]
    public void Bytes_that_are_matched_without_being_proven_cannot_do_harm()
    {
        // What is matched was proven before. This shows that matching holds by itself too.
        Random random = Runs.Seeded();
        MadeBlock[] blocks = [.. Enumerable.Range(0, 8).Select(_ => RandomBlock(random))];
        AddressSet watched = AddressSet.Create(OutputScript.KeyLength).Add(blocks.SelectMany(static block => AddressesOf(block)));
        for (int run = 0; run < Times; run++)
        {
            byte[] bytes = Mutate(blocks[run % blocks.Length].Bytes, random);
            try
            {
                using BitcoinBlock block = Matching.Read(Convert.ToHexString(bytes), extensions: run % 2 == 0);
                TransferList sink = new();
                block.Match(watched, sink);
                sink.Transfers.ShouldAllBe(static transfer => transfer.Amount >= 0);
            }
            catch (BlockFormatException)
            {
                // Refused, as it should be.
            }
        }
    }

    [Fact]
    public void Texts_that_are_no_addresses_are_refused_and_what_is_read_is_written_as_it_was()
    {
        Random random = Runs.Seeded();
        BitcoinFormat[] formats = [.. BitcoinNetwork.Known.Select(static network => new BitcoinFormat(network))];
        for (int run = 0; run < Times; run++)
        {
            BitcoinFormat format = formats[random.Next(formats.Length)];
            byte[] script;
            do
            {
                script = Scripts.Random(random);
            }
            while (!OutputScript.HasAddress(script));

            string address = format.FormatAddress(new AddressKey([.. script, .. new byte[OutputScript.KeyLength - script.Length]]));
            string text = Encoding.Latin1.GetString(Mutate(Encoding.Latin1.GetBytes(address), random));
            try
            {
                AddressKey key = format.ParseAddress(text);
                string written = format.FormatAddress(key);
                format.ParseAddress(written).ShouldBe(key);
                (written == text.Trim() || string.Equals(written, text.Trim(), StringComparison.OrdinalIgnoreCase) || text.Trim().StartsWith('3') || text.Trim().StartsWith('2')).ShouldBeTrue(text);
            }
            catch (AddressFormatException)
            {
                // Refused, as it should be.
            }
        }
    }

    [Fact]
    public void Texts_that_are_no_hexadecimal_digits_are_refused()
    {
        Random random = Runs.Seeded();
        byte[] digits = Encoding.ASCII.GetBytes(RandomBlock(random).Hex);
        for (int run = 0; run < Times; run++)
        {
            byte[] text = Mutate(digits, random);
            try
            {
                using RawBlock raw = RawBlock.FromHex(text);
                Convert.ToHexString(raw.Bytes).ShouldBe(Encoding.ASCII.GetString(text), StringCompareShould.IgnoreCase);
            }
            catch (BlockFormatException)
            {
                // Refused, as it should be.
            }
        }
    }

    internal static MadeBlock RandomBlock(Random random) => MadeBlock.Of(random.Next(1, 1000), MadeBlock.NoHash, [.. Enumerable.Range(0, random.Next(1, 6)).Select(number => new MadeTransaction
    {
        Inputs = [.. Enumerable.Range(0, random.Next(1, 3)).Select(output => (Convert.ToHexString(Scripts.Bytes(random, 32)), (uint)output))],
        Outputs = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new MadeOutput(random.NextInt64(21_000_000_0000_0000), Scripts.Random(random)))],
        Witness = random.Next(2) == 0 ? [[Scripts.Bytes(random, random.Next(1, 73))]] : [],
        LockTime = (uint)random.Next(),
    })]);

    internal static byte[] Mutate(byte[] bytes, Random random)
    {
        List<byte> changed = [.. bytes];
        for (int times = random.Next(1, 4); times > 0 && changed.Count > 0; times--)
        {
            int at = random.Next(changed.Count);
            int length = Math.Min(random.Next(1, 40), changed.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    changed[at] = (byte)random.Next(256);
                    break;
                case 2:
                    changed[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0xFD;
                    break;
                case 3:
                    changed.RemoveRange(at, length);
                    break;
                case 4:
                    changed.InsertRange(at, changed.GetRange(at, length));
                    break;
                case 5:
                    changed.RemoveRange(at, changed.Count - at);
                    break;
                default:
                    changed.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. changed];
    }

    private static List<AddressKey> AddressesOf(MadeBlock block)
    {
        WireReader reader = new(block.Bytes, RawHeader.Length);
        List<AddressKey> keys = [];
        int count = reader.ReadCount(1);
        int start = reader.Position;
        for (int index = 0; index < count; index++)
        {
            TransactionParts transaction = TransactionParts.Read(block.Bytes, start, extensions: false);
            start = transaction.End;
            WireReader outputs = new(block.Bytes, transaction.Body);
            TransactionParts.SkipInputs(ref outputs);
            for (int left = outputs.ReadCount(1); left > 0; left--)
            {
                outputs.ReadInt64();
                byte[] script = outputs.Read(outputs.ReadLength()).ToArray();
                if (OutputScript.HasAddress(script))
                {
                    keys.Add(new AddressKey([.. script, .. new byte[OutputScript.KeyLength - script.Length]]));
                }
            }
        }

        return keys;
    }
}
