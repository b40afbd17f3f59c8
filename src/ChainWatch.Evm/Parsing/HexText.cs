using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch.Evm;

/// <summary>
/// Reads the protocol's two kinds of hexadecimal text: quantities and data. Lenient where nodes differ: leading zeros in quantities, either case.
/// </summary>
internal static class HexText
{
    public static bool TryReadQuantity(ReadOnlySpan<byte> text, out UInt256 value)
    {
        value = default;
        if (!TryTrim(text, out ReadOnlySpan<byte> digits) || digits.IsEmpty)
        {
            return false;
        }

        digits = digits.TrimStart((byte)'0');
        if (digits.Length > 64)
        {
            return false;
        }

        UInt128 high = 0;
        UInt128 low = 0;
        foreach (byte digit in digits)
        {
            int nibble = Nibble(digit);
            if (nibble < 0)
            {
                return false;
            }

            high = (high << 4) | (low >> 124);
            low = (low << 4) | (uint)nibble;
        }

        value = new UInt256(high, low);
        return true;
    }

    public static bool TryReadNumber(ReadOnlySpan<byte> text, out long value)
    {
        bool read = TryReadQuantity(text, out UInt256 large) && large.High == UInt128.Zero && large.Low <= long.MaxValue;
        value = read ? (long)large.Low : 0;
        return read;
    }

    /// <summary>Reads a quantity that fits into 63 bits; almost all do.</summary>
    public static bool TryReadSmall(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is < 3 or > 17 || text[0] != '0' || (text[1] | 0x20) != 'x')
        {
            return false;
        }

        for (int index = 2; index < text.Length; index++)
        {
            int nibble = Nibbles[text[index]];
            if (nibble < 0)
            {
                return false;
            }

            value = (value << 4) | (long)nibble;
        }

        return true;
    }

    /// <summary>Reads data of exactly the destination's length.</summary>
    public static bool TryReadData(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        if (!TryTrim(text, out ReadOnlySpan<byte> digits) || digits.Length != destination.Length * 2)
        {
            return false;
        }

        if (Vector256.IsHardwareAccelerated && destination.Length is > 16 and <= 32)
        {
            // The first sixteen bytes and the last sixteen; they overlap where there are fewer than thirty-two.
            ref byte first = ref MemoryMarshal.GetReference(digits);
            Vector256<byte> low = Vector256.LoadUnsafe(ref first);
            Vector256<byte> high = Vector256.LoadUnsafe(ref first, (nuint)(digits.Length - Vector256<byte>.Count));
            bool valid = TryReadDigits(low, out Vector256<ushort> lowBytes) & TryReadDigits(high, out Vector256<ushort> highBytes);
            Vector256<byte> bytes = Vector256.Narrow(lowBytes, highBytes);
            ref byte target = ref MemoryMarshal.GetReference(destination);
            bytes.GetLower().StoreUnsafe(ref target);
            bytes.GetUpper().StoreUnsafe(ref target, (nuint)(destination.Length - Vector128<byte>.Count));
            return valid;
        }

        return Convert.FromHexString(digits, destination, out _, out _) == OperationStatus.Done;
    }

    public static string Quantity(long value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    /// <summary>Reads thirty-two digits into sixteen bytes, each in the lower half of a word.</summary>
    private static bool TryReadDigits(Vector256<byte> text, out Vector256<ushort> bytes)
    {
        Vector256<byte> digit = text - Vector256.Create((byte)'0');
        Vector256<byte> letter = (text | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a');
        Vector256<byte> isDigit = Vector256.LessThan(digit, Vector256.Create((byte)10));
        Vector256<byte> isLetter = Vector256.LessThan(letter, Vector256.Create((byte)6));
        Vector256<ushort> nibbles = Vector256.ConditionalSelect(isDigit, digit, letter + Vector256.Create((byte)10)).AsUInt16();
        bytes = ((nibbles << 4) | (nibbles >> 8)) & Vector256.Create((ushort)0xFF);
        return (isDigit | isLetter) == Vector256<byte>.AllBitsSet;
    }

    private static bool TryTrim(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> digits)
    {
        bool prefixed = text.Length >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        digits = prefixed ? text[2..] : default;
        return prefixed;
    }

    private static ReadOnlySpan<sbyte> Nibbles =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1,
        -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    ];

    private static int Nibble(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}
