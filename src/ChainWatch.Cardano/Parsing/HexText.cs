using System.Buffers;

namespace ChainWatch.Cardano;

/// <summary>Reads hexadecimal digits of a message.</summary>
internal static class HexText
{
    public static bool TryReadHash(ReadOnlySpan<byte> digits, out Hash256 hash)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Length];
        if (digits.Length == 2 * Hash256.Length && Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done)
        {
            hash = new Hash256(bytes);
            return true;
        }

        hash = default;
        return false;
    }
}
