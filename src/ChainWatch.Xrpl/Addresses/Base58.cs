using System.Security.Cryptography;

namespace ChainWatch.Xrpl;

/// <summary>Base58 with the XRP Ledger's alphabet and a checksum of four bytes of double SHA-256.</summary>
internal static class Base58
{
    private const string Alphabet = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
    private const int ChecksumLength = 4;
    private const int MostBytes = 64;

    /// <summary>Reads a text into its payload, without the checksum.</summary>
    /// <param name="text">The text.</param>
    /// <param name="payload">Where the payload goes.</param>
    /// <param name="length">The payload's length; 0 when it is no such text.</param>
    /// <returns>What is wrong, as the end of a sentence; <see langword="null"/> when nothing is.</returns>
    public static string? Decode(ReadOnlySpan<char> text, Span<byte> payload, out int length)
    {
        length = 0;
        Span<byte> bytes = stackalloc byte[MostBytes];
        bytes.Clear();
        int used = 0;
        int zeros = 0;
        bool leading = true;
        foreach (char c in text)
        {
            int digit = c < 128 ? Alphabet.IndexOf(c, StringComparison.Ordinal) : -1;
            if (digit < 0)
            {
                return $"has the character '{(char.IsControl(c) ? '?' : c)}', which addresses of the XRP Ledger do not use";
            }

            leading &= digit == 0;
            zeros += leading ? 1 : 0;
            int carry = digit;
            for (int at = 0; at < used || carry > 0; at++)
            {
                if (at == MostBytes)
                {
                    return "is too long for an address";
                }

                carry += bytes[at] * 58;
                bytes[at] = (byte)carry;
                carry >>= 8;
                used = Math.Max(used, at + 1);
            }
        }

        int total = zeros + used;
        if (total > MostBytes || total < ChecksumLength || total - ChecksumLength > payload.Length)
        {
            return total < ChecksumLength ? "is too short for an address" : "is too long for an address";
        }

        Span<byte> ordered = stackalloc byte[total];
        ordered[..zeros].Clear();
        for (int at = 0; at < used; at++)
        {
            ordered[total - 1 - at] = bytes[at];
        }

        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        Checksum(ordered[..^ChecksumLength], checksum);
        if (!ordered[^ChecksumLength..].SequenceEqual(checksum[..ChecksumLength]))
        {
            return "has a wrong checksum: a character is wrong, missing or too many. Copy the address again";
        }

        length = total - ChecksumLength;
        ordered[..length].CopyTo(payload);
        return null;
    }

    /// <summary>Writes a payload with its checksum.</summary>
    public static string Encode(ReadOnlySpan<byte> payload)
    {
        Span<byte> bytes = stackalloc byte[payload.Length + ChecksumLength];
        payload.CopyTo(bytes);
        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        Checksum(payload, checksum);
        checksum[..ChecksumLength].CopyTo(bytes[payload.Length..]);

        // 58 digits hold a little less than 6 bits each.
        Span<byte> digits = stackalloc byte[(bytes.Length * 138 / 100) + 1];
        int used = 0;
        int zeros = 0;
        bool leading = true;
        foreach (byte b in bytes)
        {
            leading &= b == 0;
            zeros += leading ? 1 : 0;
            int carry = b;
            for (int at = 0; at < used || carry > 0; at++)
            {
                carry += at < used ? digits[at] << 8 : 0;
                digits[at] = (byte)(carry % 58);
                carry /= 58;
                used = Math.Max(used, at + 1);
            }
        }

        Span<char> text = stackalloc char[zeros + used];
        text[..zeros].Fill(Alphabet[0]);
        for (int at = 0; at < used; at++)
        {
            text[^(at + 1)] = Alphabet[digits[at]];
        }

        return text.ToString();
    }

    private static void Checksum(ReadOnlySpan<byte> payload, Span<byte> hash)
    {
        SHA256.HashData(payload, hash);
        Span<byte> once = stackalloc byte[SHA256.HashSizeInBytes];
        hash.CopyTo(once);
        SHA256.HashData(once, hash);
    }
}
