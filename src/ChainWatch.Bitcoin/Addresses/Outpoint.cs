using System.Buffers.Binary;
using System.Globalization;

namespace ChainWatch.Bitcoin;

/// <summary>
/// A coin: one output of one transaction, written <c>&lt;transaction id&gt;:&lt;output number&gt;</c>. It can be watched like an address; its one payment is its spending.
/// </summary>
internal static class Outpoint
{
    /// <summary>The bytes that an input names the coin by: transaction id in wire order, output number.</summary>
    public const int WireLength = 36;

    // OP_RETURN begins no script that has an address, so no address has such a key.
    private const byte Mark = 0x6a;

    /// <summary>Makes the key of a coin from the bytes that an input names it by.</summary>
    public static void WriteKey(ReadOnlySpan<byte> wire, Span<byte> key)
    {
        key[0] = Mark;
        wire.CopyTo(key[1..]);
        key[(1 + WireLength)..].Clear();
    }

    /// <summary>Reads the bytes that an input names the coin by.</summary>
    public static OutputId Read(ReadOnlySpan<byte> wire) => new(DoubleSha256.ToHash(wire[..Hash256.Length]), BinaryPrimitives.ReadUInt32LittleEndian(wire[Hash256.Length..]));

    public static AddressKey Of(in Hash256 transactionId, uint output)
    {
        Span<byte> wire = stackalloc byte[WireLength];
        DoubleSha256.ToWire(transactionId, wire);
        BinaryPrimitives.WriteUInt32LittleEndian(wire[Hash256.Length..], output);
        Span<byte> key = stackalloc byte[OutputScript.KeyLength];
        WriteKey(wire, key);
        return new AddressKey(key);
    }

    public static bool IsKey(ReadOnlySpan<byte> key) => key[0] == Mark;

    public static string Format(ReadOnlySpan<byte> key) => string.Create(
        CultureInfo.InvariantCulture,
        $"{DoubleSha256.ToHash(key.Slice(1, Hash256.Length))}:{BinaryPrimitives.ReadUInt32LittleEndian(key[(1 + Hash256.Length)..])}");

    /// <summary>Reads <c>&lt;transaction id&gt;:&lt;output number&gt;</c>; <see langword="null"/> for any other text.</summary>
    public static AddressKey? Parse(ReadOnlySpan<char> text)
    {
        const int Digits = Hash256.Length * 2;
        return text.Length > Digits + 1 &&
            text[Digits] == ':' &&
            Hash256.TryParse(text[..Digits], out Hash256 transactionId) &&
            uint.TryParse(text[(Digits + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint output)
            ? Of(transactionId, output)
            : null;
    }
}
