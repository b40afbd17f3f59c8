using System.Buffers;
using System.Security.Cryptography;

namespace ChainWatch.Bitcoin;

/// <summary>Base58 with a checksum of four bytes, the first of the double SHA-256 of what stands before them.</summary>
internal static class Base58
{
    public const int ChecksumLength = 4;

    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    /// <summary>The most characters that are decoded: more than any address, key or extended key has. The cost grows with the square of the length.</summary>
    public const int LongestText = 128;

    /// <summary>The number of the first character that base58 does not have, from 0; -1 where all are of it.</summary>
    public static int FindForeign(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(Characters);

    /// <summary>Decodes a text.</summary>
    /// <param name="text">The text: base58 characters only, at most <see cref="LongestText"/> of them.</param>
    /// <param name="bytes">Where the bytes go, the checksum included: at least as many as the text has characters.</param>
    /// <returns>How many bytes it has.</returns>
    public static int Decode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        // Digits of base 256, the lowest first.
        int length = 0;
        foreach (char c in text)
        {
            int carry = Alphabet.IndexOf(c, StringComparison.Ordinal);
            for (int i = 0; i < length; i++)
            {
                carry += bytes[i] * 58;
                bytes[i] = (byte)carry;
                carry >>= 8;
            }

            while (carry > 0)
            {
                bytes[length++] = (byte)carry;
                carry >>= 8;
            }
        }

        // Each leading '1' stands for a zero byte.
        for (int i = 0; i < text.Length && text[i] == '1'; i++)
        {
            bytes[length++] = 0;
        }

        bytes[..length].Reverse();
        return length;
    }

    /// <summary>True when the last four bytes are the checksum of those before them.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= ChecksumLength)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[DoubleSha256.Length];
        DoubleSha256.Hash(bytes[..^ChecksumLength], hash);
        return hash[..ChecksumLength].SequenceEqual(bytes[^ChecksumLength..]);
    }

    /// <summary>Writes bytes with their checksum.</summary>
    public static string Encode(ReadOnlySpan<byte> payload)
    {
        Span<byte> bytes = stackalloc byte[payload.Length + SHA256.HashSizeInBytes];
        payload.CopyTo(bytes);
        DoubleSha256.Hash(payload, bytes[payload.Length..]);
        bytes = bytes[..(payload.Length + ChecksumLength)];

        Span<byte> digits = stackalloc byte[bytes.Length * 2];
        int length = 0;
        foreach (byte b in bytes)
        {
            int carry = b;
            for (int i = 0; i < length; i++)
            {
                carry += digits[i] << 8;
                digits[i] = (byte)(carry % 58);
                carry /= 58;
            }

            while (carry > 0)
            {
                digits[length++] = (byte)(carry % 58);
                carry /= 58;
            }
        }

        for (int i = 0; i < bytes.Length && bytes[i] == 0; i++)
        {
            digits[length++] = 0;
        }

        Span<char> text = stackalloc char[length];
        for (int i = 0; i < length; i++)
        {
            text[i] = Alphabet[digits[length - 1 - i]];
        }

        return text.ToString();
    }
}
