using System.Buffers.Text;

namespace ChainWatch.Cardano;

/// <summary>Reads whole numbers of a message.</summary>
internal static class DecimalText
{
    /// <summary>Reads a number from 0 up. One that is too large for a place in any chain becomes the largest there is: nothing follows on it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        value = Utf8Parser.TryParse(digits, out long number, out int read) && read == digits.Length ? number : long.MaxValue;
        return true;
    }
}
