using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch.Cardano;

/// <summary>Bech32 (BIP-173) as Cardano writes it (CIP-19): its checksum, and no limit of ninety characters.</summary>
internal static class Bech32
{
    public const int ChecksumLength = 6;

    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    private static readonly byte[] Values = CreateValues();

    /// <summary>Decodes what stands behind the separator, without its checksum.</summary>
    /// <param name="text">The lower-case text behind the separator.</param>
    /// <param name="bytes">Where the bytes go.</param>
    /// <returns>How many there are; -1 where a character is none of bech32, bits are left over, or the bytes do not fit.</returns>
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        int characters = text.Length - ChecksumLength;
        int length = characters * 5 / 8;
        if (characters <= 0 || length > bytes.Length)
        {
            return -1;
        }

        ReadOnlySpan<byte> values = Values;
        uint wrong = 0;
        int at = 0;
        int to = 0;
        Vector128<byte> allValues = default;
        // Two groups at once, as long as what is written behind each group of five bytes fits.
        for (; at + Vector128<byte>.Count <= characters && to + 5 + sizeof(ulong) <= bytes.Length; at += Vector128<byte>.Count, to += 10)
        {
            Vector128<byte> found = ValuesOf(Vector128.Create(text.Slice(at, Vector128<byte>.Count)));
            allValues |= found;
            Pack(found, bytes[to..]);
        }

        if (at < characters && at + Vector128<byte>.Count <= text.Length && to + 5 + sizeof(ulong) <= bytes.Length)
        {
            // The rest, with zeros instead of the checksum: what is left over of its bits is in the byte behind the last one.
            Vector128<byte> found = ValuesOf(Vector128.Create(text.Slice(at, Vector128<byte>.Count))) & Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)(characters - at)));
            allValues |= found;
            Pack(found, bytes[to..]);
            return Vector128.LessThanAll(allValues, Vector128.Create((byte)32)) && characters * 5 % 8 < 5 && bytes[length] == 0 ? length : -1;
        }

        wrong |= Vector128.GreaterThanAny(allValues, Vector128.Create((byte)31)) ? byte.MaxValue : 0u;
        for (; at + 8 <= characters; at += 8, to += 5)
        {
            ReadOnlySpan<byte> eight = text.Slice(at, 8);
            ulong bits = 0;
            foreach (byte character in eight)
            {
                uint value = values[character];
                wrong |= value;
                bits = (bits << 5) | (value & 31);
            }

            bytes[to] = (byte)(bits >> 32);
            bytes[to + 1] = (byte)(bits >> 24);
            bytes[to + 2] = (byte)(bits >> 16);
            bytes[to + 3] = (byte)(bits >> 8);
            bytes[to + 4] = (byte)bits;
        }

        uint buffer = 0;
        int count = 0;
        for (; at < characters; at++)
        {
            uint value = values[text[at]];
            wrong |= value;
            buffer = (buffer << 5) | (value & 31);
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                bytes[to++] = (byte)(buffer >> count);
            }
        }

        return wrong < 32 && count < 5 && (buffer & ((1u << count) - 1)) == 0 ? length : -1;
    }

    /// <summary>True where the text behind the separator ends in the checksum of all of it. A character that is none of bech32 makes it false.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> text)
    {
        uint state = Begin(prefix);
        foreach (byte character in text)
        {
            byte value = Values[character];
            if (value >= 32)
            {
                return false;
            }

            state = Step(state) ^ value;
        }

        return state == 1;
    }

    public static string Encode(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[prefix.Length + 1 + ((bytes.Length * 8) + 4) / 5 + ChecksumLength];
        int at = 0;
        foreach (byte character in prefix)
        {
            text[at++] = (char)character;
        }

        text[at++] = '1';
        uint state = Begin(prefix);
        uint buffer = 0;
        int count = 0;
        foreach (byte one in bytes)
        {
            buffer = (buffer << 8) | one;
            count += 8;
            while (count >= 5)
            {
                count -= 5;
                Write((buffer >> count) & 31, ref state, text, ref at);
            }
        }

        if (count > 0)
        {
            Write((buffer << (5 - count)) & 31, ref state, text, ref at);
        }

        for (int index = 0; index < ChecksumLength; index++)
        {
            state = Step(state);
        }

        state ^= 1;
        for (int index = 0; index < ChecksumLength; index++)
        {
            text[at++] = Alphabet[(int)(state >> (5 * (ChecksumLength - 1 - index))) & 31];
        }

        return text.ToString();
    }

    private static void Write(uint value, ref uint state, Span<char> text, ref int at)
    {
        text[at++] = Alphabet[(int)value];
        state = Step(state) ^ value;
    }

    /// <summary>Writes two groups of eight values as five bytes each, and three zeros behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pack(Vector128<byte> values, Span<byte> bytes)
    {
        // Five bits become ten, twenty and forty.
        Vector128<ushort> tens = (values.AsUInt16() << 8 >>> 3) | (values.AsUInt16() >>> 8);
        Vector128<uint> twenties = (tens.AsUInt32() << 16 >>> 6) | (tens.AsUInt32() >>> 16);
        Vector128<ulong> forties = (twenties.AsUInt64() << 32 >>> 12) | (twenties.AsUInt64() >>> 32);
        BinaryPrimitives.WriteUInt64BigEndian(bytes, forties[0] << 24);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[5..], forties[1] << 24);
    }

    /// <summary>The value of each character; more than 31 for what is none of bech32. Those that have a value begin with one of three halves, and each has a table for the other half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> ValuesOf(Vector128<byte> characters)
    {
        Vector128<byte> first = (characters.AsUInt16() >>> 4).AsByte() & Vector128.Create((byte)0x0F);
        Vector128<byte> second = characters & Vector128.Create((byte)0x0F);
        ref byte values = ref MemoryMarshal.GetArrayDataReference(Values);
        Vector128<byte> digits = Vector128.Shuffle(Vector128.LoadUnsafe(ref values, 0x30), second);
        Vector128<byte> letters = Vector128.Shuffle(Vector128.LoadUnsafe(ref values, 0x60), second);
        Vector128<byte> moreLetters = Vector128.Shuffle(Vector128.LoadUnsafe(ref values, 0x70), second);
        return Vector128.ConditionalSelect(
            Vector128.Equals(first, Vector128.Create((byte)3)),
            digits,
            Vector128.ConditionalSelect(
                Vector128.Equals(first, Vector128.Create((byte)6)),
                letters,
                Vector128.ConditionalSelect(Vector128.Equals(first, Vector128.Create((byte)7)), moreLetters, Vector128<byte>.AllBitsSet)));
    }

    private static uint Begin(ReadOnlySpan<byte> prefix)
    {
        uint state = 1;
        foreach (byte character in prefix)
        {
            state = Step(state) ^ ((uint)character >> 5);
        }

        state = Step(state);
        foreach (byte character in prefix)
        {
            state = Step(state) ^ ((uint)character & 31);
        }

        return state;
    }

    private static uint Step(uint state)
    {
        uint top = state >> 25;
        uint next = (state & 0x1ffffff) << 5;
        next ^= (top & 1) == 0 ? 0u : 0x3b6a57b2;
        next ^= (top & 2) == 0 ? 0u : 0x26508e6d;
        next ^= (top & 4) == 0 ? 0u : 0x1ea119fa;
        next ^= (top & 8) == 0 ? 0u : 0x3d4233dd;
        next ^= (top & 16) == 0 ? 0u : 0x2a1462b3;
        return next;
    }

    /// <summary>The value of each character; 255 for what is none of bech32.</summary>
    private static byte[] CreateValues()
    {
        byte[] values = new byte[256];
        Array.Fill(values, byte.MaxValue);
        for (int index = 0; index < Alphabet.Length; index++)
        {
            values[Alphabet[index]] = (byte)index;
        }

        return values;
    }
}
