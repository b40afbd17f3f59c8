namespace ChainWatch.Blockbook;

/// <summary>
/// CashAddr, as Bitcoin Cash writes addresses: a prefix, a colon, and characters of five bits with a checksum of eight of them. Source: the Bitcoin Cash specification <c>cashaddr.md</c>.
/// </summary>
internal static class CashAddress
{
    public const int HashLength = 20;

    /// <summary>How many characters an address has behind the colon.</summary>
    public const int TextLength = PayloadLength + ChecksumLength;

    // One byte that tells what kind it is, and the hash: 168 bits.
    private const int PayloadLength = 34;
    private const int ChecksumLength = 8;
    private const byte ScriptHash = 8;
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    /// <summary>Reads what stands behind the colon, in lower case.</summary>
    /// <param name="prefix">What stands before the colon.</param>
    /// <param name="text">What stands behind it.</param>
    /// <param name="hash">Where the hash goes.</param>
    /// <param name="isScript">True where it is the hash of a script.</param>
    /// <returns>False for any other text, a wrong checksum included.</returns>
    public static bool TryRead(ReadOnlySpan<char> prefix, ReadOnlySpan<char> text, Span<byte> hash, out bool isScript)
    {
        isScript = false;
        if (text.Length != TextLength)
        {
            return false;
        }

        Span<byte> values = stackalloc byte[TextLength];
        for (int i = 0; i < text.Length; i++)
        {
            int value = Alphabet.IndexOf(text[i], StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }

            values[i] = (byte)value;
        }

        Span<byte> payload = stackalloc byte[HashLength + 1];
        if (Checksum(prefix, values) != 0 || !Bitcoin.Bech32.TryJoin(values[..PayloadLength], payload, out int length) || length != payload.Length || payload[0] is not (0 or ScriptHash))
        {
            return false;
        }

        isScript = payload[0] == ScriptHash;
        payload[1..].CopyTo(hash);
        return true;
    }

    public static string Write(string prefix, ReadOnlySpan<byte> hash, bool isScript)
    {
        Span<byte> payload = stackalloc byte[HashLength + 1];
        payload[0] = isScript ? ScriptHash : (byte)0;
        hash.CopyTo(payload[1..]);
        Span<byte> values = stackalloc byte[TextLength];
        values.Clear();
        Bitcoin.Bech32.Split(payload, values);
        ulong checksum = Checksum(prefix, values);
        Span<char> text = stackalloc char[TextLength];
        for (int i = 0; i < TextLength; i++)
        {
            text[i] = Alphabet[i < PayloadLength ? values[i] : (int)(checksum >> (5 * (TextLength - 1 - i))) & 31];
        }

        return $"{prefix}:{text}";
    }

    private static ulong Checksum(ReadOnlySpan<char> prefix, ReadOnlySpan<byte> values)
    {
        ulong state = 1;
        foreach (char c in prefix)
        {
            state = Step(state) ^ ((ulong)c & 31);
        }

        state = Step(state);
        foreach (byte value in values)
        {
            state = Step(state) ^ value;
        }

        return state ^ 1;
    }

    private static ulong Step(ulong state)
    {
        ulong top = state >> 35;
        ulong next = (state & 0x07ffffffff) << 5;
        next ^= (top & 1) == 0 ? 0UL : 0x98f2bc8e61UL;
        next ^= (top & 2) == 0 ? 0UL : 0x79b76d99e2UL;
        next ^= (top & 4) == 0 ? 0UL : 0xf33e5fb3c4UL;
        next ^= (top & 8) == 0 ? 0UL : 0xae2eabe2a8UL;
        next ^= (top & 16) == 0 ? 0UL : 0x1e4f43e470UL;
        return next;
    }
}
