namespace ChainWatch;

/// <summary>How one chain family writes its addresses and hashes as text.</summary>
public abstract class ChainFormat
{
    /// <summary>The number of bytes in an <see cref="AddressKey"/> of this chain.</summary>
    public abstract int AddressKeyLength { get; }

    /// <summary>
    /// On chains of outputs, how many ordinals each output has: what output n holds has the <see cref="Transfer.Ordinal"/>s from n times this on. 0 on chains of accounts, where what was received
    /// cannot be told from the rest when it is spent.
    /// </summary>
    public virtual int OrdinalsPerOutput => 0;

    /// <summary>Reads an address in any spelling that the chain allows.</summary>
    /// <exception cref="AddressFormatException">The text is not an address of this chain; the message says why, and what would be right.</exception>
    public abstract AddressKey ParseAddress(string text);

    /// <summary>The one spelling under which an address is recorded.</summary>
    public abstract string FormatAddress(in AddressKey key);

    /// <summary>The spelling under which block hashes and transaction ids are recorded: lower-case digits without prefix, unless the family overrides it.</summary>
    public virtual string FormatHash(in Hash256 hash) => hash.ToString();

    /// <summary>Reads what <see cref="FormatHash"/> wrote.</summary>
    public virtual Hash256 ParseHash(ReadOnlySpan<char> text) => Hash256.Parse(text);

    /// <summary>
    /// The address whose balance holds what is paid to a key: the key itself, unless keys tell apart what the chain does not, as the destination tags of an account do.
    /// </summary>
    public virtual AddressKey BalanceOwnerOf(in AddressKey key) => key;

    /// <summary>Whether <see cref="BalanceOwnerOf"/> is ever another key than the one that is asked about.</summary>
    public virtual bool SharesBalances => false;

    /// <summary>
    /// The key that takes payments with a tag out of all those to an account, where it is watched; <see langword="null"/> where the chain has no such keys, or none for this tag. <see cref="BalanceOwnerOf"/> it is the
    /// account.
    /// </summary>
    /// <param name="owner">The account.</param>
    /// <param name="tag">A payment's tag; <see langword="null"/> for none.</param>
    public virtual AddressKey? PartOf(in AddressKey owner, string? tag) => null;

    /// <summary>
    /// Whether the address that a payment is recorded for is the one that takes it, or may have been then. Of an account and its tags, what was watched decided who took a payment, and that is not decided anew: the account
    /// would be told that it has lost a payment, and the tag that it got one, though the chain holds the same.
    /// </summary>
    /// <param name="recorded">The address that it is recorded for.</param>
    /// <param name="taker">The address that takes it now.</param>
    /// <param name="tag">Its tag.</param>
    public bool IsSameTaker(in AddressKey recorded, in AddressKey taker, string? tag)
    {
        if (recorded == taker || !SharesBalances)
        {
            return recorded == taker;
        }

        AddressKey owner = BalanceOwnerOf(taker);
        return recorded == owner || recorded == PartOf(owner, tag);
    }

    /// <summary>The output that holds what a payment moved; <see langword="null"/> on chains of accounts, and for a payment that no output holds (a negative ordinal).</summary>
    public OutputId? OutputOf(PaymentId payment) =>
        OrdinalsPerOutput > 0 && payment.Ordinal >= 0 ? new OutputId(payment.TransactionId, payment.Ordinal / OrdinalsPerOutput) : null;
}
