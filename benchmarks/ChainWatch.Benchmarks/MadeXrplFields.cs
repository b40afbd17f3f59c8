using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ChainWatch.Xrpl;

namespace ChainWatch.Benchmarks;

/// <summary>Writes fields of the XRP Ledger in both forms in which servers give them: binary, and JSON.</summary>
internal sealed class MadeXrplFields(Random random)
{
    private static readonly byte[] s_dollars = [.. new byte[12], .. "USD"u8, .. new byte[5]];
    private readonly List<byte> _binary = [];
    private readonly StringBuilder _json = new("{");

    public byte[] Binary => [.. _binary];

    public string Json => $"{_json}}}";

    public MadeXrplFields Number(int type, int number, string name, ulong value, string? word = null)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        int length = type switch { FieldType.UInt8 => 1, FieldType.UInt16 => 2, FieldType.UInt32 => 4, _ => 8 };
        return Add(type, number, name, bytes[^length..], word is null ? value.ToString(CultureInfo.InvariantCulture) : $"\"{word}\"");
    }

    public MadeXrplFields Hash(int number, string name)
    {
        byte[] hash = Bytes(32);
        return Add(FieldType.Hash256, number, name, hash, $"\"{Convert.ToHexString(hash)}\"");
    }

    public MadeXrplFields Blob(int number, string name, int length)
    {
        byte[] blob = Bytes(length);
        return Add(FieldType.Blob, number, name, [(byte)length, .. blob], $"\"{Convert.ToHexString(blob)}\"");
    }

    public MadeXrplFields Account(int number, string name, byte[] account) => Add(FieldType.Account, number, name, [20, .. account], $"\"{XrplFormat.FormatAccount(account)}\"");

    public MadeXrplFields Drops(int number, string name, long drops)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)drops | (1UL << 62));
        return Add(FieldType.Amount, number, name, bytes, $"\"{drops.ToString(CultureInfo.InvariantCulture)}\"");
    }

    public MadeXrplFields Issued(int number, string name, byte[] issuer)
    {
        long mantissa = random.NextInt64(1_000_000_000_000_000, 9_000_000_000_000_000);
        byte[] bytes = new byte[48];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (3UL << 62) | ((97UL - 12) << 54) | (ulong)mantissa);
        s_dollars.CopyTo(bytes, 8);
        issuer.CopyTo(bytes, 28);
        string value = (mantissa / 1_000_000_000_000m).ToString(CultureInfo.InvariantCulture);
        return Add(FieldType.Amount, number, name, bytes, $"{{\"currency\":\"USD\",\"issuer\":\"{XrplFormat.FormatAccount(issuer)}\",\"value\":\"{value}\"}}");
    }

    public MadeXrplFields Open(int number, string name, MadeXrplFields inside) => Add(FieldType.Object, number, name, [.. inside._binary, (FieldType.Object << 4) | 1], inside.Json);

    /// <summary>A list; in JSON, each object in it is the one property of another.</summary>
    public MadeXrplFields List(int number, string name, IEnumerable<MadeXrplFields> items)
    {
        MadeXrplFields[] all = [.. items];
        return Add(FieldType.Array, number, name, [.. all.SelectMany(static item => item._binary), (FieldType.Array << 4) | 1], $"[{string.Join(',', all.Select(static item => item.Json))}]");
    }

    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private MadeXrplFields Add(int type, int number, string name, ReadOnlySpan<byte> value, string json)
    {
        _binary.Add((byte)(((type < 16 ? type : 0) << 4) | (number < 16 ? number : 0)));
        if (type >= 16)
        {
            _binary.Add((byte)type);
        }

        if (number >= 16)
        {
            _binary.Add((byte)number);
        }

        _binary.AddRange(value);
        _json.Append(_json.Length > 1 ? "," : "").Append('"').Append(name).Append("\":").Append(json);
        return this;
    }
}
