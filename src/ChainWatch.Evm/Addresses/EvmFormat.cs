using System.Buffers;
using System.Globalization;

namespace ChainWatch.Evm;

/// <summary>How EVM chains write addresses and hashes: <c>0x</c> and lower-case hexadecimal digits. Addresses in mixed case must carry a right EIP-55 checksum.</summary>
public sealed class EvmFormat : ChainFormat
{
    private const int Digits = EvmAddress.Length * 2;

    private EvmFormat()
    {
    }

    /// <summary>The format; it has no state.</summary>
    public static EvmFormat Instance { get; } = new();

    /// <inheritdoc/>
    public override int AddressKeyLength => EvmAddress.Length;

    /// <summary>Reads an address: <c>0x</c> and 40 hexadecimal digits, all lower case, all upper case, or mixed with a right EIP-55 checksum.</summary>
    /// <exception cref="AddressFormatException">The text is not such an address.</exception>
    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (!digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            throw new AddressFormatException(text, "does not begin with 0x; an address is 0x and 40 hexadecimal digits");
        }

        digits = digits[2..];
        if (digits.Length != Digits)
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"has {digits.Length} digits after 0x; an address has 40"));
        }

        Span<byte> bytes = stackalloc byte[EvmAddress.Length];
        if (Convert.FromHexString(digits, bytes, out _, out _) != OperationStatus.Done)
        {
            throw new AddressFormatException(text, "has characters that are no hexadecimal digits; an address is 0x and 40 of them");
        }

        if (digits.ContainsAnyInRange('a', 'f') && digits.ContainsAnyInRange('A', 'F') && !digits.SequenceEqual(WithChecksum(bytes).AsSpan(2)))
        {
            throw new AddressFormatException(
                text,
                "has a wrong checksum (EIP-55): a digit or the case of a letter is not right. Copy the address again; write it in lower case only if you are sure of every digit");
        }

        return new AddressKey(bytes);
    }

    /// <inheritdoc/>
    public override string FormatAddress(in AddressKey key) => $"0x{Convert.ToHexStringLower(key.Bytes)}";

    /// <inheritdoc/>
    public override string FormatHash(in Hash256 hash) => $"0x{hash}";

    /// <summary>Writes an address in mixed case with its EIP-55 checksum, as wallets show it.</summary>
    public static string FormatChecksum(in AddressKey key) => WithChecksum(key.Bytes);

    private static string WithChecksum(ReadOnlySpan<byte> address)
    {
        Span<byte> ascii = stackalloc byte[Digits];
        Convert.TryToHexStringLower(address, ascii, out _);
        Span<byte> hash = stackalloc byte[Keccak256.HashLength];
        Keccak256.Hash(ascii, hash);
        Span<char> text = stackalloc char[2 + Digits];
        text[0] = '0';
        text[1] = 'x';
        for (int i = 0; i < Digits; i++)
        {
            int nibble = (i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2]) & 0xF;
            char digit = (char)ascii[i];
            text[2 + i] = nibble >= 8 ? char.ToUpperInvariant(digit) : digit;
        }

        return text.ToString();
    }
}
