using System.Buffers.Binary;
using System.Globalization;
using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook;

/// <summary>Addresses of Bitcoin's kind: each stands for an output script, which is its key, whatever the spelling (<see cref="OutputScript"/>).</summary>
internal sealed class ScriptFormat : ChainFormat
{
    private const int HashLength = 20;
    private readonly Coin _coin;
    private readonly BitcoinFormat? _witness;

    public ScriptFormat(Coin coin)
    {
        _coin = coin;
        _witness = coin.Network is null ? null : new BitcoinFormat(coin.Network);
    }

    public override int AddressKeyLength => OutputScript.KeyLength;

    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_witness is not null)
        {
            AddressKey key = _witness.ParseAddress(text);
            return Outpoint.IsKey(key.Bytes)
                ? throw new AddressFormatException(text, "is a coin, not an address; Blockbook does not say which coins a transaction spends, so they cannot be watched here")
                : key;
        }

        ReadOnlySpan<char> address = text.AsSpan().Trim();
        if (address.IsEmpty)
        {
            throw new AddressFormatException(text, "is empty; give an address");
        }

        return _coin.CashPrefix is { } prefix && LooksCash(prefix, address) ? ParseCash(text, prefix, address) : ParseBase58(text, address);
    }

    public override string FormatAddress(in AddressKey key)
    {
        if (_witness is not null)
        {
            return _witness.FormatAddress(key);
        }

        bool isScript = key.Bytes[0] == 0xa9;
        ReadOnlySpan<byte> hash = key.Bytes.Slice(isScript ? 2 : 3, HashLength);
        if (_coin.CashPrefix is { } prefix)
        {
            return CashAddress.Write(prefix, hash, isScript);
        }

        Base58Versions versions = _coin.Base58!.Value;
        Span<byte> payload = stackalloc byte[versions.Length + HashLength];
        WriteVersion(isScript ? versions.ScriptHash : versions.PublicKeyHash, payload[..versions.Length]);
        hash.CopyTo(payload[versions.Length..]);
        return Base58.Encode(payload);
    }

    /// <summary>True when a text is the address of a key, and whole: its checksum is right.</summary>
    public bool Is(ReadOnlySpan<byte> text, in AddressKey key)
    {
        try
        {
            return ParseAddress(System.Text.Encoding.ASCII.GetString(text)) == key;
        }
        catch (AddressFormatException)
        {
            return false;
        }
    }

    private static bool LooksCash(string prefix, ReadOnlySpan<char> address) =>
        address.Contains(':') || address.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) || (address.Length == CashAddress.TextLength && address[0] is 'q' or 'Q' or 'p' or 'P');

    private static void WriteVersion(int version, Span<byte> into)
    {
        if (into.Length == 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(into, (ushort)version);
        }
        else
        {
            into[0] = (byte)version;
        }
    }

    private AddressKey ParseCash(string text, string prefix, ReadOnlySpan<char> address)
    {
        if (address.ContainsAnyInRange('a', 'z') && address.ContainsAnyInRange('A', 'Z'))
        {
            throw new AddressFormatException(text, "mixes upper and lower case; such an address is all of one case");
        }

        Span<char> lower = stackalloc char[Math.Min(address.Length, 128)];
        address[..lower.Length].ToLowerInvariant(lower);
        int colon = lower.IndexOf(':');
        if (colon >= 0 && !lower[..colon].SequenceEqual(prefix))
        {
            throw new AddressFormatException(text, $"does not begin with {prefix}:, as addresses of {_coin.Title} do");
        }

        Span<byte> hash = stackalloc byte[HashLength];
        return CashAddress.TryRead(prefix, lower[(colon + 1)..], hash, out bool isScript)
            ? KeyOf(hash, isScript)
            : throw new AddressFormatException(text, $"has a wrong checksum, or not the {CashAddress.TextLength} characters that an address has. Copy the address again");
    }

    private AddressKey ParseBase58(string text, ReadOnlySpan<char> address)
    {
        if (Base58.FindForeign(address) >= 0 || address.Length > Base58.LongestText)
        {
            throw new AddressFormatException(text, $"has characters that base58 does not have (0, O, I, l and all but letters and digits), or too many; give an address of {_coin.Title}");
        }

        Span<byte> bytes = stackalloc byte[Base58.LongestText];
        bytes = bytes[..Base58.Decode(address, bytes)];
        bool whole = Base58.HasChecksum(bytes);
        if (whole && bytes.Length is 1 + 32 + 4 or 1 + 33 + 4)
        {
            // It must not appear in any message.
            throw new AddressFormatException("(not shown)", "is a private key. Whoever sees it can take the coins: give the address, and treat the key as leaked");
        }

        Base58Versions versions = _coin.Base58!.Value;
        int expected = versions.Length + HashLength + Base58.ChecksumLength;
        if (bytes.Length != expected)
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"holds {bytes.Length} bytes; an address of {_coin.Title} holds {expected}. Copy the whole address"));
        }

        if (!whole)
        {
            throw new AddressFormatException(text, "has a wrong checksum: a character is not right. Copy the address again");
        }

        int version = versions.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : bytes[0];
        return version == versions.PublicKeyHash || version == versions.ScriptHash
            ? KeyOf(bytes.Slice(versions.Length, HashLength), version == versions.ScriptHash)
            : throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"is an address of another network (version {version}), and this chain is {_coin.Title}; coins sent there would not arrive here"));
    }

    private static AddressKey KeyOf(ReadOnlySpan<byte> hash, bool isScript) => isScript ? OutputScript.OfScriptHash(hash) : OutputScript.OfPublicKeyHash(hash);
}
