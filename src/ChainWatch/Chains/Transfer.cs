using System.Numerics;

namespace ChainWatch;

/// <summary>One movement of value to a watched address.</summary>
public sealed class Transfer
{
    /// <summary>The transaction's id.</summary>
    public required Hash256 TransactionId { get; init; }

    /// <summary>
    /// Where the transfer stands inside its transaction. It stays the same when the transaction is mined again in another block, which a block-wide log index
    /// would not; together with the transaction id it is the payment's identity.
    /// </summary>
    public required long Ordinal { get; init; }

    /// <summary>The watched address that receives.</summary>
    public required AddressKey To { get; init; }

    /// <summary>The address that sends, as text, where the chain says it; <see langword="null"/> where it does not.</summary>
    public string? From { get; init; }

    /// <summary>What was moved.</summary>
    public required Asset Asset { get; init; }

    /// <summary>How much, in the asset's base unit.</summary>
    public required BigInteger Amount { get; init; }

    /// <summary>The memo or destination tag that came with it, where the chain has such a thing. Absent and "0" are different.</summary>
    public string? Tag { get; init; }

    /// <summary>
    /// How many blocks must stand on top of the transfer's own before the chain itself lets what was moved be spent (Bitcoin: 100 for a block's reward). The payment is not
    /// confirmed before that, whatever the configuration says. 0 where it can be spent at once.
    /// </summary>
    public int MaturityBlocks { get; init; }

    /// <summary>The same transfer to another address.</summary>
    internal Transfer For(in AddressKey to) => new()
    {
        TransactionId = TransactionId,
        Ordinal = Ordinal,
        To = to,
        From = From,
        Asset = Asset,
        Amount = Amount,
        Tag = Tag,
        MaturityBlocks = MaturityBlocks,
    };
}
