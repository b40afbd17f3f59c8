using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ChainWatch.Testing;

/// <summary>
/// How the simulated chain writes its addresses: <c>sim</c> and 40 hexadecimal digits, of either case on input, lower case where it is recorded. On a chain with tags, <c>:42</c> behind them stands for payments to
/// the account with that tag.
/// </summary>
public sealed class SimulatedFormat : ChainFormat
{
    private const string Prefix = "sim";
    private const int KeyLength = 20;
    private const int TaggedKeyLength = KeyLength + 1 + sizeof(uint);

    private SimulatedFormat(int ordinalsPerOutput, bool hasTags = false)
    {
        OrdinalsPerOutput = ordinalsPerOutput;
        SharesBalances = hasTags;
    }

    /// <summary>The format of a chain of accounts, which a simulated chain is unless it is told otherwise.</summary>
    public static SimulatedFormat Instance { get; } = new(ordinalsPerOutput: 0);

    /// <summary>The format of a chain of outputs: each transfer is one.</summary>
    public static SimulatedFormat WithOutputs { get; } = new(ordinalsPerOutput: 1);

    /// <summary>
    /// The format of a chain of accounts whose tags can be watched by themselves, as on the XRP Ledger: a payment goes to the address with its tag where that is watched, and else to the account.
    /// </summary>
    public static SimulatedFormat WithTags { get; } = new(ordinalsPerOutput: 0, hasTags: true);

    /// <inheritdoc/>
    public override int OrdinalsPerOutput { get; }

    /// <inheritdoc/>
    public override int AddressKeyLength => SharesBalances ? TaggedKeyLength : KeyLength;

    /// <inheritdoc/>
    public override bool SharesBalances { get; }

    /// <inheritdoc/>
    public override AddressKey BalanceOwnerOf(in AddressKey key) => SharesBalances ? KeyOf(key.Bytes[..KeyLength], tag: null) : key;

    /// <inheritdoc/>
    public override AddressKey? PartOf(in AddressKey owner, string? tag) =>
        SharesBalances && uint.TryParse(tag, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? KeyOf(owner.Bytes[..KeyLength], number) : null;

    /// <summary>The address that belongs to a label: the same label is always the same address.</summary>
    /// <param name="label">Any text, as in <c>alice</c> or <c>order 1042</c>.</param>
    public static string Address(string label) => Instance.FormatAddress(Key(label));

    /// <summary>The key of the address that belongs to a label.</summary>
    public static AddressKey Key(string label)
    {
        ArgumentException.ThrowIfNullOrEmpty(label);
        Span<byte> digest = stackalloc byte[32];
        System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(label), digest);
        return new AddressKey(digest[..KeyLength]);
    }

    /// <inheritdoc/>
    public override AddressKey ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            throw new AddressFormatException(text, $"does not begin with '{Prefix}', as every address of a simulated chain does.");
        }

        uint? tag = null;
        string whole = text;
        if (SharesBalances && text.IndexOf(':', StringComparison.Ordinal) is int colon and >= 0)
        {
            tag = uint.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
                ? number
                : throw new AddressFormatException(whole, "has no tag behind its colon: a tag is a whole number from 0 to 4294967295.");
            text = text[..colon];
        }

        if (text.Length != Prefix.Length + (KeyLength * 2))
        {
            throw new AddressFormatException(whole, $"has {text.Length - Prefix.Length} digits after '{Prefix}'; an address of a simulated chain has {KeyLength * 2}.");
        }

        Span<byte> bytes = stackalloc byte[KeyLength];
        if (Convert.FromHexString(text.AsSpan(Prefix.Length), bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw new AddressFormatException(text, $"holds something other than hexadecimal digits after '{Prefix}'.");
        }

        return SharesBalances ? KeyOf(bytes, tag) : new AddressKey(bytes);
    }

    /// <inheritdoc/>
    public override string FormatAddress(in AddressKey key)
    {
        string account = Prefix + Convert.ToHexStringLower(key.Bytes[..KeyLength]);
        return SharesBalances && key.Bytes[KeyLength] != 0
            ? string.Create(CultureInfo.InvariantCulture, $"{account}:{BinaryPrimitives.ReadUInt32BigEndian(key.Bytes[(KeyLength + 1)..])}")
            : account;
    }

    /// <summary>Which of a set's addresses a transfer goes to: the one with its tag before the account; <see langword="null"/> where neither is among them.</summary>
    internal static AddressKey? TakerOf(SimulatedTransfer transfer, AddressSet addresses)
    {
        if (transfer.To.Length == TaggedKeyLength && WithTags.PartOf(transfer.To, transfer.Tag) is { } part && addresses.Contains(part.Bytes))
        {
            return part;
        }

        return addresses.Contains(transfer.To.Bytes) ? transfer.To : null;
    }

    private static AddressKey KeyOf(ReadOnlySpan<byte> account, uint? tag)
    {
        Span<byte> key = stackalloc byte[TaggedKeyLength];
        account.CopyTo(key);
        key[KeyLength] = tag is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt32BigEndian(key[(KeyLength + 1)..], tag ?? 0);
        return new AddressKey(key);
    }
}
