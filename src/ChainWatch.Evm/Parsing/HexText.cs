using System.Buffers;
using System.Globalization;

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

    /// <summary>Reads data of exactly the destination's length.</summary>
    public static bool TryReadData(ReadOnlySpan<byte> text, Span<byte> destination) =>
        TryTrim(text, out ReadOnlySpan<byte> digits) &&
        digits.Length == destination.Length * 2 &&
        Convert.FromHexString(digits, destination, out _, out _) == OperationStatus.Done;

    /// <summary>Decodes digits, of which the first byte may have only one.</summary>
    /// <param name="digits">The digits, without what stands before them.</param>
    /// <param name="destination">Where to; exactly as long.</param>
    public static bool TryDecode(ReadOnlySpan<byte> digits, Span<byte> destination)
    {
        if ((digits.Length & 1) == 1)
        {
            int first = Nibble(digits[0]);
            if (first < 0)
            {
                return false;
            }

            destination[0] = (byte)first;
            digits = digits[1..];
            destination = destination[1..];
        }

        return Convert.FromHexString(digits, destination, out _, out _) == OperationStatus.Done;
    }

    public static string Quantity(long value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    /// <summary>Takes away what stands before the digits.</summary>
    public static bool TryTrim(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> digits)
    {
        bool prefixed = text.Length >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        digits = prefixed ? text[2..] : default;
        return prefixed;
    }

    private static int Nibble(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}
