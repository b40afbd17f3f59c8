using System.Globalization;

namespace ChainWatch.Bitcoin;

/// <summary>
/// How a network of Bitcoin's kind writes addresses: base58 with a checksum (P2PKH, P2SH), bech32 (witness version 0) and bech32m (1 to 16). A coin,
/// <c>&lt;transaction id&gt;:&lt;output number&gt;</c>, counts as an address too: what is paid to it is its spending.
/// </summary>
internal sealed class BitcoinFormat : ChainFormat
{
    private const int HashLength = 20;
    private readonly BitcoinNetwork _network;

    public BitcoinFormat(BitcoinNetwork network)
    {
        _network = network;
    }

    /// <inheritdoc/>
    public override int AddressKeyLength => OutputScript.KeyLength;

    /// <summary>An ordinal is the output's number.</summary>
    public override int OrdinalsPerOutput => 1;

    /// <inheritdoc/>
    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> address = text.AsSpan().Trim();
        if (address.IsEmpty)
        {
            throw new AddressFormatException(text, "is empty; give an address");
        }

        if (HasPrefix(address, _network.Prefix))
        {
            return ParseBech32(text, address);
        }

        if (Outpoint.Parse(address) is { } coin)
        {
            return coin;
        }

        foreach (BitcoinNetwork other in BitcoinNetwork.Known)
        {
            if (HasPrefix(address, other.Prefix))
            {
                throw WrongNetwork(text, other.Title);
            }
        }

        return ParseBase58(text, address);
    }

    /// <inheritdoc/>
    public override string FormatAddress(in AddressKey key)
    {
        ReadOnlySpan<byte> bytes = key.Bytes;
        if (Outpoint.IsKey(bytes))
        {
            return Outpoint.Format(bytes);
        }

        int length = OutputScript.LengthOf(bytes);
        if (length == 0)
        {
            throw new ArgumentException("The key is none of this chain.", nameof(key));
        }

        if (bytes[0] is 0x76 or 0xa9)
        {
            Span<byte> payload = stackalloc byte[1 + HashLength];
            payload[0] = bytes[0] == 0x76 ? _network.PublicKeyHashVersion : _network.ScriptHashVersion;
            bytes.Slice(bytes[0] == 0x76 ? 3 : 2, HashLength).CopyTo(payload[1..]);
            return Base58.Encode(payload);
        }

        Span<byte> values = stackalloc byte[Bech32.LongestText];
        int version = OutputScript.VersionOf(bytes[0]);
        values[0] = (byte)version;
        int count = 1 + Bech32.Split(bytes[2..length], values[1..]);
        return Bech32.Encode(_network.Prefix, values[..count], version == 0 ? Bech32.Bech32Checksum : Bech32.Bech32mChecksum);
    }

    private static bool HasPrefix(ReadOnlySpan<char> address, string prefix) =>
        address.Length > prefix.Length && address[prefix.Length] == '1' && address.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    private AddressFormatException WrongNetwork(string text, string title) =>
        new(text, $"is an address of {title}, and this chain is {_network.Title}; coins sent there would not arrive here");

    private AddressKey ParseBech32(string text, ReadOnlySpan<char> address)
    {
        if (address.Length > Bech32.LongestText)
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"has {address.Length} characters; an address has at most {Bech32.LongestText}"));
        }

        if (address.ContainsAnyInRange('a', 'z') && address.ContainsAnyInRange('A', 'Z'))
        {
            throw new AddressFormatException(text, "mixes upper and lower case; such an address is all of one case");
        }

        Span<char> lower = stackalloc char[address.Length];
        address.ToLowerInvariant(lower);
        Span<byte> values = stackalloc byte[address.Length];
        int count = Bech32.Decode(_network.Prefix, lower[(_network.Prefix.Length + 1)..], values, out uint checksum);
        if (count < 0)
        {
            throw new AddressFormatException(text, "has a character that such an address does not have, or is cut off. Copy the whole address");
        }

        if (checksum is not (Bech32.Bech32Checksum or Bech32.Bech32mChecksum))
        {
            throw new AddressFormatException(text, "has a wrong checksum: a character is not right. Copy the address again");
        }

        if (count == 0)
        {
            throw new AddressFormatException(text, "holds nothing behind its prefix");
        }

        int version = values[0];
        if (version > 16)
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"has witness version {version}; there are 0 to 16"));
        }

        if (checksum != (version == 0 ? Bech32.Bech32Checksum : Bech32.Bech32mChecksum))
        {
            throw new AddressFormatException(text, version == 0
                ? "has the checksum of bech32m, which witness version 0 must not have; it was made by faulty software"
                : "has the checksum of bech32, which witness versions from 1 up must not have (BIP-350); it was made by faulty or old software");
        }

        Span<byte> program = stackalloc byte[OutputScript.LongestProgram];
        if (!Bech32.TryJoin(values[1..count], program, out int length))
        {
            throw new AddressFormatException(text, $"does not hold whole bytes, or more than {OutputScript.LongestProgram} of them; it was made by faulty software");
        }

        if (length < 2 || (version == 0 && length is not (20 or 32)))
        {
            throw new AddressFormatException(text, string.Create(
                CultureInfo.InvariantCulture,
                $"holds {length} bytes; {(version == 0 ? "witness version 0 has 20 or 32" : "a witness program has 2 to 40")}"));
        }

        return OutputScript.OfProgram(version, program[..length]);
    }

    private AddressKey ParseBase58(string text, ReadOnlySpan<char> address)
    {
        int foreign = Base58.FindForeign(address);
        if (foreign >= 0)
        {
            string what = address[foreign] is '0' or 'O' or 'I' or 'l' ? "base58 has no 0, O, I and l" : "it is neither base58 nor begins with the prefix";
            throw new AddressFormatException(text, $"has the character '{Printable(address[foreign])}', which no address of {_network.Title} has there: {what} {_network.Prefix}1");
        }

        if (address.Length > Base58.LongestText)
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"has {address.Length} characters, which no address has"));
        }

        Span<byte> bytes = stackalloc byte[Base58.LongestText];
        bytes = bytes[..Base58.Decode(address, bytes)];
        bool whole = Base58.HasChecksum(bytes);
        int length = bytes.Length - Base58.ChecksumLength - 1;
        if (whole && length is 32 or 33)
        {
            // It must not appear in any message.
            throw new AddressFormatException("(not shown)", "is a private key. Whoever sees it can take the coins: give the address, and treat the key as leaked");
        }

        if (whole && length == 77)
        {
            throw new AddressFormatException("(not shown)", "is an extended key (xpub or its kin); give single addresses");
        }

        if (length != HashLength)
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"holds {bytes.Length} bytes; an address holds 25. Copy the whole address"));
        }

        if (!whole)
        {
            throw new AddressFormatException(text, "has a wrong checksum: a character is not right. Copy the address again");
        }

        byte version = bytes[0];
        ReadOnlySpan<byte> hash = bytes.Slice(1, HashLength);
        if (version == _network.PublicKeyHashVersion)
        {
            return OutputScript.OfPublicKeyHash(hash);
        }

        if (version == _network.ScriptHashVersion || version == _network.OldScriptHashVersion)
        {
            return OutputScript.OfScriptHash(hash);
        }

        string[] titles = [.. BitcoinNetwork.Known.Where(network => network.PublicKeyHashVersion == version || network.ScriptHashVersion == version).Select(static network => network.Title).Distinct(StringComparer.Ordinal)];
        throw WrongNetwork(text, titles.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"another network (version byte {version})") : string.Join(" or ", titles));
    }

    private static string Printable(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) ? string.Create(CultureInfo.InvariantCulture, $"U+{(int)c:X4}") : c.ToString();
}
