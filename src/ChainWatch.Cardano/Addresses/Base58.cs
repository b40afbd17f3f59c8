namespace ChainWatch.Cardano;

/// <summary>Base58 without a checksum of its own: Byron addresses carry theirs inside. Texts are taken as UTF-8, as they stand in an answer.</summary>
internal static class Base58
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private static readonly sbyte[] Values = CreateValues();

    /// <summary>Decodes a text. The cost grows with the square of its length.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">Where the bytes go.</param>
    /// <returns>How many there are; -1 where a character is none of base58, or the bytes do not fit.</returns>
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        int length = 0;
        foreach (byte character in text)
        {
            int carry = character < 128 ? Values[character] : -1;
            if (carry < 0)
            {
                return -1;
            }

            for (int index = 0; index < length; index++)
            {
                carry += bytes[index] * 58;
                bytes[index] = (byte)carry;
                carry >>= 8;
            }

            while (carry > 0)
            {
                if (length == bytes.Length)
                {
                    return -1;
                }

                bytes[length++] = (byte)carry;
                carry >>= 8;
            }
        }

        for (int index = 0; index < text.Length && text[index] == (byte)'1'; index++)
        {
            if (length == bytes.Length)
            {
                return -1;
            }

            bytes[length++] = 0;
        }

        bytes[..length].Reverse();
        return length;
    }

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digits = stackalloc byte[bytes.Length * 2];
        int length = 0;
        foreach (byte one in bytes)
        {
            int carry = one;
            for (int index = 0; index < length; index++)
            {
                carry += digits[index] << 8;
                digits[index] = (byte)(carry % 58);
                carry /= 58;
            }

            while (carry > 0)
            {
                digits[length++] = (byte)(carry % 58);
                carry /= 58;
            }
        }

        for (int index = 0; index < bytes.Length && bytes[index] == 0; index++)
        {
            digits[length++] = 0;
        }

        Span<char> text = stackalloc char[length];
        for (int index = 0; index < length; index++)
        {
            text[index] = Alphabet[digits[length - 1 - index]];
        }

        return text.ToString();
    }

    private static sbyte[] CreateValues()
    {
        sbyte[] values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (int index = 0; index < Alphabet.Length; index++)
        {
            values[Alphabet[index]] = (sbyte)index;
        }

        return values;
    }
}
