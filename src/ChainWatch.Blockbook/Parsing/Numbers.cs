using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace ChainWatch.Blockbook;

/// <summary>Numbers and hashes as Blockbook writes them.</summary>
internal static class Numbers
{
    /// <summary>The longest amount that can be recorded.</summary>
    public const int LongestAmount = 78;

    /// <summary>True for the digits of a whole number that can be recorded. A missing amount is none: Blockbook leaves out what is zero.</summary>
    public static bool IsAmount(ReadOnlySpan<byte> text) => text.Length <= LongestAmount && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>Reads an amount that <see cref="IsAmount"/> accepts.</summary>
    public static BigInteger ReadAmount(ReadOnlySpan<byte> text) =>
        text.Length == 0 ? BigInteger.Zero
        : text.Length <= 18 && Utf8Parser.TryParse(text, out long small, out _) ? small
        : BigInteger.Parse(Encoding.ASCII.GetString(text), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Reads a whole number that may be below zero.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long number) => Utf8Parser.TryParse(text, out number, out int used) && used == text.Length && used > 0;

    /// <summary>Reads a hash, with or without <c>0x</c>.</summary>
    public static bool TryReadHash(ReadOnlySpan<byte> text, out Hash256 hash)
    {
        if (text.StartsWith("0x"u8))
        {
            text = text[2..];
        }

        Span<byte> bytes = stackalloc byte[Hash256.Length];
        if (text.Length != 2 * Hash256.Length || Convert.FromHexString(text, bytes, out _, out _) != OperationStatus.Done)
        {
            hash = default;
            return false;
        }

        hash = new Hash256(bytes);
        return true;
    }
}
