using System.Buffers.Binary;
using System.Globalization;

namespace ChainWatch.Xrpl;

/// <summary>
/// How the XRP Ledger writes addresses: <c>r…</c> for an account, <c>r…:42</c> for an account with a destination tag. X-addresses (XLS-5), which hold both, are read as well.
/// Hashes are 64 upper-case hexadecimal digits.
/// </summary>
public sealed class XrplFormat : ChainFormat
{
    private const byte AccountPrefix = 0x00;
    private const int XAddressLength = 2 + AccountKey.AccountLength + 1 + sizeof(ulong);
    private readonly ushort _prefix;
    private readonly ushort _otherPrefix;
    private readonly string _network;

    private XrplFormat(ushort prefix, ushort otherPrefix, string network)
    {
        _prefix = prefix;
        _otherPrefix = otherPrefix;
        _network = network;
    }

    /// <summary>The format of the main network, whose X-addresses begin with X.</summary>
    public static XrplFormat MainNet { get; } = new(0x0544, 0x0493, "the main network");

    /// <summary>The format of every other network, whose X-addresses begin with T.</summary>
    public static XrplFormat TestNet { get; } = new(0x0493, 0x0544, "a test network");

    /// <inheritdoc/>
    public override int AddressKeyLength => AccountKey.Length;

    /// <inheritdoc/>
    public override bool SharesBalances => true;

    /// <summary>The account without its tag: what is paid to a tag, the account holds.</summary>
    public override AddressKey BalanceOwnerOf(in AddressKey key) => AccountKey.Create(key.Bytes[..AccountKey.AccountLength], tag: null);

    /// <summary>The account with a destination tag.</summary>
    public override AddressKey? PartOf(in AddressKey owner, string? tag) =>
        uint.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? AccountKey.Create(owner.Bytes[..AccountKey.AccountLength], number) : null;

    /// <summary>
    /// Reads an address: a classic one (<c>r…</c>), one with a destination tag behind a colon (<c>r…:42</c>), or an X-address of this network. Without a tag it stands for all
    /// payments to the account that no watched tag takes.
    /// </summary>
    /// <exception cref="AddressFormatException">The text is not such an address.</exception>
    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> address = text.AsSpan().Trim();
        uint? tag = null;
        if (address.IndexOf(':') is int colon and >= 0)
        {
            if (!uint.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            {
                throw new AddressFormatException(text, "has no destination tag behind its colon: a tag is a whole number from 0 to 4294967295");
            }

            tag = number;
            address = address[..colon];
        }

        if (address.IsEmpty)
        {
            throw new AddressFormatException(text, "is no address of the XRP Ledger, which begins with r, or with X or T where it holds a tag");
        }

        Span<byte> payload = stackalloc byte[64];
        if (Base58.Decode(address, payload, out int length) is { } wrong)
        {
            throw new AddressFormatException(text, wrong);
        }

        payload = payload[..length];
        if (length == 1 + AccountKey.AccountLength && payload[0] == AccountPrefix)
        {
            return AccountKey.Create(payload[1..], tag);
        }

        if (length != XAddressLength)
        {
            throw new AddressFormatException(text, "is base58 with a right checksum, but neither a classic address (r…) nor an X-address; seeds and public keys are no addresses");
        }

        return FromXAddress(text, payload, tag);
    }

    /// <inheritdoc/>
    public override string FormatAddress(in AddressKey key)
    {
        string account = FormatAccount(key.Bytes[..AccountKey.AccountLength]);
        return AccountKey.TagOf(key.Bytes) is { } tag ? string.Create(CultureInfo.InvariantCulture, $"{account}:{tag}") : account;
    }

    /// <summary>Writes an address as the X-address of this network (XLS-5), which holds account and tag in one text.</summary>
    public string FormatXAddress(in AddressKey key)
    {
        Span<byte> payload = stackalloc byte[XAddressLength];
        payload.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(payload, _prefix);
        key.Bytes[..AccountKey.AccountLength].CopyTo(payload[2..]);
        if (AccountKey.TagOf(key.Bytes) is { } tag)
        {
            payload[22] = 1;
            BinaryPrimitives.WriteUInt32LittleEndian(payload[23..], tag);
        }

        return Base58.Encode(payload);
    }

    /// <inheritdoc/>
    public override string FormatHash(in Hash256 hash) => hash.ToString().ToUpperInvariant();

    /// <summary>The format of a network by its id: 0 is the main network.</summary>
    internal static XrplFormat For(long networkId) => networkId == 0 ? MainNet : TestNet;

    internal static string FormatAccount(ReadOnlySpan<byte> account)
    {
        Span<byte> payload = stackalloc byte[1 + AccountKey.AccountLength];
        payload[0] = AccountPrefix;
        account.CopyTo(payload[1..]);
        return Base58.Encode(payload);
    }

    private AddressKey FromXAddress(string text, ReadOnlySpan<byte> payload, uint? given)
    {
        ushort prefix = BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (prefix != _prefix)
        {
            throw new AddressFormatException(text, prefix == _otherPrefix ? $"is an X-address of another network; this chain is {_network}" : "is no X-address: it does not begin with X or T");
        }

        ulong tag = BinaryPrimitives.ReadUInt64LittleEndian(payload[23..]);
        if (payload[22] > 1 || tag > uint.MaxValue || (payload[22] == 0 && tag != 0))
        {
            throw new AddressFormatException(text, "is an X-address that says something about its tag which this version of X-addresses does not know");
        }

        uint? own = payload[22] == 1 ? (uint)tag : null;
        if (given is not null && given != own)
        {
            throw new AddressFormatException(text, "is an X-address, which holds its own tag, with another tag behind it; give one of the two");
        }

        return AccountKey.Create(payload.Slice(2, AccountKey.AccountLength), own);
    }
}
