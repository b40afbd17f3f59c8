namespace ChainWatch.Bitcoin;

/// <summary>Bech32 (BIP-173) and bech32m (BIP-350): five bits a character, with a checksum that finds any four wrong ones.</summary>
internal static class Bech32
{
    public const int LongestText = 90;
    public const uint Bech32Checksum = 1;
    public const uint Bech32mChecksum = 0x2bc830a3;

    private const int ChecksumLength = 6;
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    /// <summary>Decodes the part behind the separator.</summary>
    /// <param name="prefix">The part before the separator, in lower case.</param>
    /// <param name="text">The part behind it, in lower case.</param>
    /// <param name="values">Where the values of five bits go, without the checksum: at least as many as the text has characters.</param>
    /// <param name="checksum">Which checksum it has: <see cref="Bech32Checksum"/>, <see cref="Bech32mChecksum"/>, or anything else where it is wrong.</param>
    /// <returns>How many values there are; -1 for a character that bech32 does not have, or fewer than the checksum.</returns>
    public static int Decode(ReadOnlySpan<char> prefix, ReadOnlySpan<char> text, Span<byte> values, out uint checksum)
    {
        checksum = 0;
        if (text.Length < ChecksumLength)
        {
            return -1;
        }

        uint state = Begin(prefix);
        for (int i = 0; i < text.Length; i++)
        {
            int value = Alphabet.IndexOf(text[i], StringComparison.Ordinal);
            if (value < 0)
            {
                return -1;
            }

            values[i] = (byte)value;
            state = Step(state) ^ (uint)value;
        }

        checksum = state;
        return text.Length - ChecksumLength;
    }

    /// <summary>Writes values of five bits behind a prefix, with their checksum.</summary>
    public static string Encode(string prefix, ReadOnlySpan<byte> values, uint checksum)
    {
        Span<char> text = stackalloc char[prefix.Length + 1 + values.Length + ChecksumLength];
        prefix.CopyTo(text);
        text[prefix.Length] = '1';
        int at = prefix.Length + 1;
        uint state = Begin(prefix);
        foreach (byte value in values)
        {
            text[at++] = Alphabet[value];
            state = Step(state) ^ value;
        }

        for (int i = 0; i < ChecksumLength; i++)
        {
            state = Step(state);
        }

        state ^= checksum;
        for (int i = 0; i < ChecksumLength; i++)
        {
            text[at++] = Alphabet[(int)(state >> (5 * (ChecksumLength - 1 - i))) & 31];
        }

        return text.ToString();
    }

    /// <summary>Makes bytes of values of five bits. False where more than four bits are left over, or any of them is set.</summary>
    public static bool TryJoin(ReadOnlySpan<byte> values, Span<byte> bytes, out int length)
    {
        length = 0;
        uint buffer = 0;
        int bits = 0;
        foreach (byte value in values)
        {
            buffer = ((buffer << 5) | value) & 0xFFF;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                if (length == bytes.Length)
                {
                    return false;
                }

                bytes[length++] = (byte)(buffer >> bits);
            }
        }

        return bits < 5 && (buffer & ((1u << bits) - 1)) == 0;
    }

    /// <summary>Makes values of five bits of bytes.</summary>
    public static int Split(ReadOnlySpan<byte> bytes, Span<byte> values)
    {
        int length = 0;
        uint buffer = 0;
        int bits = 0;
        foreach (byte b in bytes)
        {
            buffer = (buffer << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                values[length++] = (byte)((buffer >> bits) & 31);
            }
        }

        if (bits > 0)
        {
            values[length++] = (byte)((buffer << (5 - bits)) & 31);
        }

        return length;
    }

    private static uint Begin(ReadOnlySpan<char> prefix)
    {
        uint state = 1;
        foreach (char c in prefix)
        {
            state = Step(state) ^ ((uint)c >> 5);
        }

        state = Step(state);
        foreach (char c in prefix)
        {
            state = Step(state) ^ ((uint)c & 31);
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
}
