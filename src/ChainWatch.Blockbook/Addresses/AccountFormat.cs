using System.Buffers;
using System.Globalization;
using ChainWatch.Evm;

namespace ChainWatch.Blockbook;

/// <summary>Addresses of Ethereum's kind: 20 bytes, written as <c>0x</c> and lower-case digits. Those in mixed case must carry a right checksum (EIP-55).</summary>
internal sealed class AccountFormat : ChainFormat
{
    public const int KeyLength = 20;

    /// <summary>How long an address is as text.</summary>
    public const int TextLength = 2 + (2 * KeyLength);

    public static AccountFormat Instance { get; } = new();

    public override int AddressKeyLength => KeyLength;

    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> address = text.AsSpan().Trim();
        if (address.Length != TextLength || !address.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"has {address.Length} characters; an address here has {TextLength}: 0x and 40 hexadecimal digits"));
        }

        Span<byte> key = stackalloc byte[KeyLength];
        ReadOnlySpan<char> digits = address[2..];
        if (Convert.FromHexString(digits, key, out _, out _) != OperationStatus.Done)
        {
            throw new AddressFormatException(text, "has characters behind 0x that are no hexadecimal digits");
        }

        if (digits.ContainsAnyInRange('a', 'f') && digits.ContainsAnyInRange('A', 'F') && !HasChecksum(key, digits))
        {
            throw new AddressFormatException(text, "has a wrong checksum (EIP-55): a digit, or the case of a letter, is not right. Copy the address again");
        }

        return new AddressKey(key);
    }

    public override string FormatAddress(in AddressKey key) => $"0x{Convert.ToHexStringLower(key.Bytes)}";

    public override string FormatHash(in Hash256 hash) => $"0x{hash}";

    /// <summary>Each letter is upper case where the hash of the lower-case digits says so.</summary>
    private static bool HasChecksum(ReadOnlySpan<byte> key, ReadOnlySpan<char> digits)
    {
        Span<byte> lower = stackalloc byte[2 * KeyLength];
        Convert.TryToHexStringLower(key, lower, out _);
        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(lower, hash);
        for (int i = 0; i < digits.Length; i++)
        {
            bool upper = ((hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 8) != 0;
            if (char.IsAsciiLetter(digits[i]) && char.IsAsciiLetterUpper(digits[i]) != upper)
            {
                return false;
            }
        }

        return true;
    }
}
