using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ChainWatch.Bitcoin;

namespace ChainWatch.Benchmarks;

/// <summary>
/// A made-up block of the size and mix of a full one: inputs with and without witness data, one to four outputs of every usual form. With it the JSON that a node answers for it at verbosity 2, with the
/// fields that Bitcoin Core writes.
/// </summary>
internal sealed class MadeBitcoinBlock
{
    private MadeBitcoinBlock(byte[] hex, byte[] json, Hash256 hash, BlockHeader header, IReadOnlyList<byte[]> stripped, IReadOnlyList<AddressKey> receivers)
    {
        Hex = hex;
        Json = json;
        Hash = hash;
        Header = header;
        Stripped = stripped;
        Receivers = receivers;
    }

    public byte[] Hex { get; }

    public byte[] Json { get; }

    public Hash256 Hash { get; }

    public BlockHeader Header { get; }

    /// <summary>What the ids of the transactions are the hashes of.</summary>
    public IReadOnlyList<byte[]> Stripped { get; }

    /// <summary>Addresses that are paid once each.</summary>
    public IReadOnlyList<AddressKey> Receivers { get; }

    public static MadeBitcoinBlock Create(int transactions, int seed)
    {
        var random = new Random(seed);
        var format = new BitcoinFormat(BitcoinNetwork.Mainnet);
        var whole = new List<byte[]>();
        var stripped = new List<byte[]>();
        var receivers = new List<AddressKey>();
        var json = new StringBuilder();
        var nonce = new byte[32];
        for (var index = 1; index < transactions; index++)
        {
            Add(Transaction(random, random.Next(1, 4), receivers));
        }

        // The reward comes first, and commits to the witness data of all others.
        var leaves = new List<byte[]> { new byte[32] };
        leaves.AddRange(whole.Select(Twice));
        var commitment = Twice([.. Root(leaves), .. nonce]);
        byte[] coinbase = [2, 0, 0, 0, 1, .. new byte[32], 0xFF, 0xFF, 0xFF, 0xFF, 4, 3, 1, 2, 3, 0xFF, 0xFF, 0xFF, 0xFF];
        byte[] outputs = [2, .. BitConverter.GetBytes(312_500_000L), 22, 0, 20, .. Bytes(random, 20), .. BitConverter.GetBytes(0L), 38, 0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, .. commitment];
        whole.Insert(0, [.. coinbase[..4], 0, 1, .. coinbase[4..], .. outputs, 1, 32, .. nonce, 0, 0, 0, 0]);
        stripped.Insert(0, [.. coinbase, .. outputs, 0, 0, 0, 0]);

        byte[] header = [0, 0, 0, 0x20, .. Bytes(random, 32), .. Root([.. stripped.Select(Twice)]), .. BitConverter.GetBytes(1_700_000_000), 0xff, 0xff, 0x7f, 0x20, 0, 0, 0, 0];
        byte[] block = [.. header, 0xFD, .. BitConverter.GetBytes((ushort)transactions), .. whole.SelectMany(static one => one)];
        var hash = RawHeader.HashOf(block);
        var text = $$"""{"hash":"{{hash}}","confirmations":1,"height":840000,"version":536870912,"merkleroot":"{{hash}}","time":1700000000,"nTx":{{transactions}},"previousblockhash":"{{hash}}","tx":[{{json}}]}""";
        return new MadeBitcoinBlock(
            Encoding.ASCII.GetBytes(Convert.ToHexStringLower(block)),
            Encoding.UTF8.GetBytes(text),
            hash,
            new BlockHeader { Point = new ChainPoint(840_000, hash), ParentHash = RawHeader.ParentOf(block) },
            stripped,
            receivers);

        void Add((byte[] Version, byte[] Body, byte[] Witness, string Inputs, string Outputs) made)
        {
            byte[] plain = [.. made.Version, .. made.Body, 0, 0, 0, 0];
            byte[] full = made.Witness.Length == 0 ? plain : [.. made.Version, 0, 1, .. made.Body, .. made.Witness, 0, 0, 0, 0];
            stripped.Add(plain);
            whole.Add(full);
            json.Append(json.Length == 0 ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $$"""{"txid":"{{DoubleSha256.ToHash(Twice(plain))}}","hash":"{{DoubleSha256.ToHash(Twice(full))}}","version":2,"size":{{full.Length}},"vsize":{{plain.Length}},"weight":{{plain.Length * 4}},"locktime":0,"vin":[{{made.Inputs}}],"vout":[{{made.Outputs}}],"fee":0.00001000,"hex":"{{Convert.ToHexStringLower(full)}}"}""");
        }

        (byte[], byte[], byte[], string, string) Transaction(Random chance, int outputCount, List<AddressKey> paid)
        {
            var inputCount = chance.Next(1, 4);
            var segwit = chance.Next(5) > 0;
            var body = new List<byte> { (byte)inputCount };
            var witness = new List<byte>();
            var inputs = new StringBuilder();
            for (var i = 0; i < inputCount; i++)
            {
                var spent = Bytes(chance, 32);
                var script = segwit ? [] : Bytes(chance, 106);
                body.AddRange([.. spent, (byte)chance.Next(4), 0, 0, 0, (byte)script.Length, .. script, 0xFD, 0xFF, 0xFF, 0xFF]);
                var signature = Bytes(chance, 71);
                var key = Bytes(chance, 33);
                if (segwit)
                {
                    witness.AddRange([2, 71, .. signature, 33, .. key]);
                }

                var asm = Convert.ToHexStringLower(script);
                inputs.Append(i == 0 ? "" : ",").Append(
                    CultureInfo.InvariantCulture,
                    $$"""{"txid":"{{Convert.ToHexStringLower(spent)}}","vout":1,"scriptSig":{"asm":"{{asm}}","hex":"{{asm}}"},"txinwitness":["{{Convert.ToHexStringLower(signature)}}","{{Convert.ToHexStringLower(key)}}"],"sequence":4294967293}""");
            }

            outputCount = chance.Next(5) == 0 ? outputCount + 3 : outputCount;
            body.Add((byte)outputCount);
            var list = new StringBuilder();
            for (var i = 0; i < outputCount; i++)
            {
                var key = chance.Next(4) switch
                {
                    0 => OutputScript.OfPublicKeyHash(Bytes(chance, 20)),
                    1 => OutputScript.OfScriptHash(Bytes(chance, 20)),
                    2 => OutputScript.OfProgram(1, Bytes(chance, 32)),
                    _ => OutputScript.OfProgram(0, Bytes(chance, 20)),
                };
                paid.Add(key);
                var script = key.Bytes[..OutputScript.LengthOf(key.Bytes)].ToArray();
                body.AddRange([.. BitConverter.GetBytes(chance.NextInt64(1_000_000_000)), (byte)script.Length, .. script]);
                var hex = Convert.ToHexStringLower(script);
                list.Append(i == 0 ? "" : ",").Append(
                    CultureInfo.InvariantCulture,
                    $$$"""{"value":{{{chance.Next(1_000)}}}.{{{chance.Next(100_000_000):D8}}},"n":{{{i}}},"scriptPubKey":{"asm":"0 {{{hex}}}","desc":"addr({{{format.FormatAddress(key)}}})#abcdefgh","hex":"{{{hex}}}","address":"{{{format.FormatAddress(key)}}}","type":"witness_v0_keyhash"}}""");
            }

            return ([2, 0, 0, 0], [.. body], [.. witness], inputs.ToString(), list.ToString());
        }
    }

    private static byte[] Twice(byte[] bytes) => SHA256.HashData(SHA256.HashData(bytes));

    private static byte[] Root(IReadOnlyList<byte[]> leaves)
    {
        var level = leaves.ToList();
        while (level.Count > 1)
        {
            if (level.Count % 2 == 1)
            {
                level.Add(level[^1]);
            }

            level = [.. level.Chunk(2).Select(static pair => Twice([.. pair[0], .. pair[1]]))];
        }

        return level[0];
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
