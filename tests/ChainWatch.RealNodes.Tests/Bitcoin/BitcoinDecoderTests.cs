using System.Text.Json.Nodes;
using ChainWatch.Bitcoin;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>What the decoders of ChainWatch.Bitcoin make of random input is what the node itself makes of it.</summary>
public sealed class BitcoinDecoderTests
{
    private const int AtOnce = 250;

    [Theory]
    [InlineData(BitcoinNodeKind.Knots, "regtest")]
    [InlineData(BitcoinNodeKind.Litecoin, "litecoin-regtest")]
    public async Task Transactions_are_read_as_the_node_reads_them(BitcoinNodeKind kind, string network)
    {
        var random = new Random(Effort.Seed());
        await using var node = await BitcoinNode.StartAsync(kind, blocks: 1);
        var parameters = BitcoinNetwork.Find(network)!;
        var format = new BitcoinFormat(parameters);
        var left = Effort.Of(normal: 500, @long: 10_000);
        var (agreed, refused) = (0, 0);
        for (; left > 0; left -= AtOnce)
        {
            var transactions = Enumerable.Range(0, AtOnce).Select(number => number % 4 == 3 ? Damage(RandomTransaction(random), random) : RandomTransaction(random)).ToList();
            var answers = await node.Rpc.CallManyAsync([.. transactions.Select(bytes => ("decoderawtransaction", (IReadOnlyList<object?>)[Convert.ToHexStringLower(bytes)]))]);
            foreach (var (bytes, answer) in transactions.Zip(answers))
            {
                TransactionParts parts;
                try
                {
                    parts = TransactionParts.Read(bytes, 0, parameters.ExtensionBlocks);
                    if (parts.End != bytes.Length)
                    {
                        throw new BlockFormatException("there is more behind it");
                    }
                }
                catch (BlockFormatException)
                {
                    // The node also takes what no block can hold: transactions without inputs or outputs.
                    refused++;
                    continue;
                }

                var hex = Convert.ToHexStringLower(bytes);
                answer.ShouldNotBeNull($"we read what the node refuses: {hex}");
                parts.ComputeId(bytes).ToString().ShouldBe(answer["txid"]!.GetValue<string>(), hex);
                CompareOutputs(bytes, parts, answer["vout"]!.AsArray(), format, hex);
                agreed++;
            }
        }

        Effort.Say($"{agreed} read alike, {refused} refused");
        agreed.ShouldBeGreaterThan(refused);
    }

    [Theory]
    [InlineData(BitcoinNodeKind.Knots, "regtest")]
    [InlineData(BitcoinNodeKind.Litecoin, "litecoin-regtest")]
    public async Task Addresses_are_read_as_the_node_reads_them(BitcoinNodeKind kind, string network)
    {
        var random = new Random(Effort.Seed());
        await using var node = await BitcoinNode.StartAsync(kind, blocks: 1);
        var format = new BitcoinFormat(BitcoinNetwork.Find(network)!);
        var left = Effort.Of(normal: 500, @long: 10_000);
        var (valid, invalid) = (0, 0);
        for (; left > 0; left -= AtOnce)
        {
            var addresses = Enumerable.Range(0, AtOnce).Select(_ => RandomAddress(random, format)).ToList();
            var answers = await node.Rpc.CallManyAsync([.. addresses.Select(address => ("validateaddress", (IReadOnlyList<object?>)[address]))]);
            foreach (var (address, answer) in addresses.Zip(answers))
            {
                AddressKey? key = null;
                try
                {
                    key = format.ParseAddress(address);
                }
                catch (AddressFormatException)
                {
                    // It is compared with what the node says.
                }

                if (!answer!["isvalid"]!.GetValue<bool>())
                {
                    key.ShouldBeNull($"the node refuses {address}");
                    invalid++;
                    continue;
                }

                key.ShouldNotBeNull($"the node takes {address}");
                var script = key.Value.Bytes[..OutputScript.LengthOf(key.Value.Bytes)].ToArray();
                Convert.ToHexStringLower(script).ShouldBe(answer["scriptPubKey"]!.GetValue<string>(), address);
                format.FormatAddress(key.Value).ShouldBe(answer["address"]!.GetValue<string>());
                valid++;
            }
        }

        Effort.Say($"{valid} valid, {invalid} invalid");
        valid.ShouldBeGreaterThan(0);
        invalid.ShouldBeGreaterThan(0);
    }

    private static void CompareOutputs(byte[] bytes, TransactionParts parts, JsonArray outputs, BitcoinFormat format, string hex)
    {
        var reader = new WireReader(bytes, parts.Body);
        TransactionParts.SkipInputs(ref reader);
        reader.ReadCount(1).ShouldBe(outputs.Count, hex);
        foreach (var output in outputs)
        {
            var amount = reader.ReadInt64();
            var script = reader.Read(reader.ReadLength()).ToArray();
            amount.ShouldBe(BitcoinTraffic.Satoshis(output!["value"]!), hex);
            Convert.ToHexStringLower(script).ShouldBe(output["scriptPubKey"]!["hex"]!.GetValue<string>(), hex);
            if (output["scriptPubKey"]!["address"]?.GetValue<string>() is { } address)
            {
                OutputScript.HasAddress(script).ShouldBeTrue(address);
                format.FormatAddress(new AddressKey([.. script, .. new byte[OutputScript.KeyLength - script.Length]])).ShouldBe(address);
            }
        }
    }

    private static byte[] RandomTransaction(Random random)
    {
        var inputs = random.Next(1, 4);
        var witness = random.Next(2) == 0;
        var bytes = new List<byte>(Bytes(random, 4));
        if (witness)
        {
            bytes.AddRange([0, 1]);
        }

        bytes.Add((byte)inputs);
        for (var input = 0; input < inputs; input++)
        {
            var script = Bytes(random, random.Next(0, 120));
            bytes.AddRange([.. Bytes(random, 36), (byte)script.Length, .. script, .. Bytes(random, 4)]);
        }

        var outputs = random.Next(1, 6);
        bytes.Add((byte)outputs);
        for (var output = 0; output < outputs; output++)
        {
            var script = RandomScript(random);
            bytes.AddRange([.. BitConverter.GetBytes(random.NextInt64(21_000_000_0000_0001)), (byte)script.Length, .. script]);
        }

        for (var input = 0; witness && input < inputs; input++)
        {
            bytes.AddRange([1, 3, .. Bytes(random, 3)]);
        }

        bytes.AddRange(Bytes(random, 4));
        return [.. bytes];
    }

    private static byte[] RandomScript(Random random) => random.Next(8) switch
    {
        0 => [0x76, 0xa9, 20, .. Bytes(random, 20), 0x88, 0xac],
        1 => [0xa9, 20, .. Bytes(random, 20), 0x87],
        2 => [0, 20, .. Bytes(random, 20)],
        3 => [0, 32, .. Bytes(random, 32)],
        4 => [0x51, 32, .. Bytes(random, 32)],
        5 => [33, .. Bytes(random, 33), 0xac],
        6 => [0x6a, 5, .. Bytes(random, 5)],
        _ => Bytes(random, random.Next(0, 60)),
    };

    private static string RandomAddress(Random random, BitcoinFormat format)
    {
        byte[] script;
        do
        {
            script = random.Next(6) == 0 ? Program(random) : RandomScript(random);
        }
        while (!OutputScript.HasAddress(script));

        var address = format.FormatAddress(new AddressKey([.. script, .. new byte[OutputScript.KeyLength - script.Length]]));
        switch (random.Next(5))
        {
            case 0:
                return address.ToUpperInvariant();
            case 1:
                var text = address.ToCharArray();
                text[random.Next(text.Length)] = "qpzry9x8gf2tvdw0s3jn54khce6mua7lABC1"[random.Next(36)];
                return new string(text);
            case 2:
                return random.Next(2) == 0 ? address[..random.Next(address.Length)] : address.Insert(random.Next(address.Length), "q");
            default:
                return address;
        }
    }

    private static byte[] Program(Random random)
    {
        var length = random.Next(2, 41);
        return [(byte)random.Next(0x51, 0x61), (byte)length, .. Bytes(random, length)];
    }

    private static byte[] Damage(byte[] bytes, Random random)
    {
        var damaged = bytes.ToArray();
        damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
        return random.Next(3) == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
