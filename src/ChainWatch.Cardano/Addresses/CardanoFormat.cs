using System.Globalization;
using System.Text;

namespace ChainWatch.Cardano;

/// <summary>
/// How a network of Cardano writes addresses: bech32 since Shelley (CIP-19), base58 with a CRC-32 inside before. Compared are the bytes, or, where so configured, the payment credential alone: then an address counts
/// whatever its stake part is, and is recorded as the one without any.
/// </summary>
internal sealed class CardanoFormat : ChainFormat
{
    private readonly CardanoNetwork _network;
    private readonly bool _byCredential;

    /// <param name="network">The network.</param>
    /// <param name="byCredential">Whether the stake part of Shelley addresses is left out of account. Byron addresses have none.</param>
    public CardanoFormat(CardanoNetwork network, bool byCredential = false)
    {
        _network = network;
        _byCredential = byCredential;
    }

    /// <inheritdoc/>
    public override int AddressKeyLength => AddressForm.Length;

    /// <summary>An output holds any number of assets, each a payment of its own.</summary>
    public override int OrdinalsPerOutput => OutputValue.Places;

    private string Prefix => _network.AddressTag == 1 ? "addr" : "addr_test";

    /// <inheritdoc/>
    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string address = text.Trim();
        if (address.Length == 0)
        {
            throw new AddressFormatException(text, "is empty; give an address");
        }

        if (address.Length > AddressForm.LongestText || !Ascii.IsValid(address))
        {
            throw new AddressFormatException(text, $"is no address: one is at most {AddressForm.LongestText} letters and digits");
        }

        // The separator is the last '1'; a base58 text has none behind such a prefix.
        int separator = address.LastIndexOf('1');
        string prefix = separator > 0 ? address[..separator].ToLowerInvariant() : "";
        return prefix is "addr" or "addr_test" or "stake" or "stake_test" ? ParseBech32(text, address, prefix, separator) : ParseBase58(text, address);
    }

    /// <inheritdoc/>
    public override string FormatAddress(in AddressKey key)
    {
        ReadOnlySpan<byte> form = key.Bytes;
        if (form.Length != AddressForm.Length)
        {
            throw new ArgumentException("The key is none of this chain.", nameof(key));
        }

        return AddressForm.IsByron(form)
            ? ByronAddress.Format(form, _network.ByronMagic)
            : Bech32.Encode(Encoding.ASCII.GetBytes(Prefix), form[..AddressForm.ShelleyLengthOf(form)]);
    }

    /// <summary>
    /// Reads an address as it stands in an answer into the form in which it is looked for. The checksum of a Shelley address is not looked at:
    /// see <see cref="IsIntact"/>. Allocates nothing.
    /// </summary>
    /// <param name="text">The address.</param>
    /// <param name="form">Where the form goes.</param>
    /// <returns>False where it is an address that cannot be watched.</returns>
    public bool TryReadAnswered(ReadOnlySpan<byte> text, Span<byte> form)
    {
        ReadOnlySpan<byte> bech32 =
            text.StartsWith("addr1"u8) ? text[5..]
            : text.StartsWith("addr_test1"u8) ? text[10..]
            : default;
        if (!bech32.IsEmpty)
        {
            int length = Bech32.Decode(bech32, form);
            return length > 0 && AddressForm.TryMakeShelley(form, length, _byCredential);
        }

        if (text.Length > AddressForm.LongestText)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[ByronAddress.LongestBytes];
        int byron = Base58.Decode(text, bytes);
        return byron > 0 && ByronAddress.TryMake(bytes[..byron], _network.ByronMagic, form) == ByronResult.Made;
    }

    /// <summary>
    /// Whether the checksum of an address in an answer is right. It takes longer than reading it, so it is asked only of addresses that are watched. A Byron address was not read without.
    /// </summary>
    public static bool IsIntact(ReadOnlySpan<byte> text)
    {
        int separator = text.StartsWith("addr1"u8) ? 4 : text.StartsWith("addr_test1"u8) ? 9 : -1;
        return separator < 0 || Bech32.HasChecksum(text[..separator], text[(separator + 1)..]);
    }

    private AddressKey ParseBech32(string text, string address, string prefix, int separator)
    {
        // Upper case is allowed, a mixture is not (BIP-173).
        string lower = address.ToLowerInvariant();
        if (!string.Equals(lower, address, StringComparison.Ordinal) && !string.Equals(address.ToUpperInvariant(), address, StringComparison.Ordinal))
        {
            throw new AddressFormatException(text, "mixes upper and lower case; write all of it in lower case");
        }

        if (prefix.StartsWith("stake", StringComparison.Ordinal))
        {
            throw new AddressFormatException(text, "is a stake address, which nothing can be paid to; give a payment address (addr1…)");
        }

        byte[] characters = Encoding.ASCII.GetBytes(lower[(separator + 1)..]);
        if (!Bech32.HasChecksum(Encoding.ASCII.GetBytes(prefix), characters))
        {
            throw new AddressFormatException(text, "has a wrong checksum or a character that addresses do not have; check for a typing error");
        }

        Span<byte> form = stackalloc byte[AddressForm.Length];
        int length = Bech32.Decode(characters, form);
        if (length <= 0)
        {
            throw new AddressFormatException(text, "is no address: it does not hold whole bytes, or too many");
        }

        if (AddressForm.IsByron(form))
        {
            throw new AddressFormatException(text, "is a Byron address written in bech32, which no wallet does (CIP-19); write it in base58");
        }

        int tag = AddressForm.NetworkOf(form);
        if (tag != _network.AddressTag || !string.Equals(prefix, Prefix, StringComparison.Ordinal))
        {
            throw new AddressFormatException(text, $"is an address of {(tag == 1 ? "the main network" : "a test network")}; this chain is '{_network.Name}', whose addresses begin with {Prefix}1");
        }

        if (!AddressForm.TryMakeShelley(form, length, _byCredential))
        {
            throw new AddressFormatException(text, string.Create(CultureInfo.InvariantCulture, $"is no address that can be paid to: its type is {form[0] >> 4} and it has {length} bytes"));
        }

        return new AddressKey(form);
    }

    private AddressKey ParseBase58(string text, string address)
    {
        Span<byte> bytes = stackalloc byte[ByronAddress.LongestBytes];
        Span<byte> form = stackalloc byte[AddressForm.Length];
        int length = Base58.Decode(Encoding.ASCII.GetBytes(address), bytes);
        if (length < 0)
        {
            throw new AddressFormatException(text, $"is no address of Cardano: one begins with {Prefix}1, or is a Byron address in base58");
        }

        return ByronAddress.TryMake(bytes[..length], _network.ByronMagic, form) switch
        {
            ByronResult.Made => new AddressKey(form),
            ByronResult.WrongChecksum => throw new AddressFormatException(text, "has a wrong checksum; check for a typing error"),
            ByronResult.OtherNetwork => throw new AddressFormatException(text, $"is a Byron address of another network than '{_network.Name}'"),
            ByronResult.TooLong => throw new AddressFormatException(text, "is a Byron address with attributes that no wallet makes; it cannot be watched"),
            _ when length is AddressForm.BaseLength or AddressForm.EnterpriseLength => throw new AddressFormatException(text, "is a Shelley address written in base58, which no wallet does (CIP-19); write it in bech32"),
            _ => throw new AddressFormatException(text, "is no address of Cardano: it is base58, but holds no Byron address"),
        };
    }
}
