using System.Buffers.Binary;

namespace ChainWatch.Xrpl.Tests;

/// <summary>Writes the binary form of transactions and metadata, field by field, in whatever order a test says.</summary>
internal sealed class FieldWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => _bytes.ToArray();

    public FieldWriter Raw(int type, int number, ReadOnlySpan<byte> value)
    {
        Head(type, number);
        _bytes.AddRange(value);
        return this;
    }

    public FieldWriter U8(int field, byte value) => Raw(field >> 8, field & 0xFF, [value]);

    public FieldWriter U16(int field, int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return Raw(field >> 8, field & 0xFF, bytes);
    }

    public FieldWriter U32(int field, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Raw(field >> 8, field & 0xFF, bytes);
    }

    public FieldWriter U64(int field, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Raw(field >> 8, field & 0xFF, bytes);
    }

    public FieldWriter Amount(int field, byte[] amount) => Raw(field >> 8, field & 0xFF, amount);

    public FieldWriter Account(int field, byte[] account) => Raw(field >> 8, field & 0xFF, [20, .. account]);

    public FieldWriter Open(int field, Action<FieldWriter> inside)
    {
        Head(field >> 8, field & 0xFF);
        inside(this);
        _bytes.Add((byte)(((field >> 8) << 4) | 1));
        return this;
    }

    public static byte[] Drops(long drops)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)drops | (1UL << 62));
        return bytes;
    }

    public static byte[] Issued(long mantissa, int exponent, byte[] currency, byte[] issuer)
    {
        byte[] bytes = new byte[48];
        ulong bits = mantissa == 0
            ? 1UL << 63
            : (1UL << 63) | (mantissa > 0 ? 1UL << 62 : 0) | ((ulong)(exponent + 97) << 54) | (ulong)Math.Abs(mantissa);
        BinaryPrimitives.WriteUInt64BigEndian(bytes, bits);
        currency.CopyTo(bytes, 8);
        issuer.CopyTo(bytes, 28);
        return bytes;
    }

    public static byte[] Token(long value, byte[] issuance)
    {
        byte[] bytes = new byte[33];
        bytes[0] = 0x60;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), (ulong)value);
        issuance.CopyTo(bytes, 9);
        return bytes;
    }

    private void Head(int type, int number)
    {
        _bytes.Add((byte)(((type < 16 ? type : 0) << 4) | (number < 16 ? number : 0)));
        if (type >= 16)
        {
            _bytes.Add((byte)type);
        }

        if (number >= 16)
        {
            _bytes.Add((byte)number);
        }
    }
}
