using System.Numerics;

namespace ChainWatch;

/// <summary>A transfer to a watched address, with its life.</summary>
public sealed record Payment
{
    /// <summary>The chain's name.</summary>
    public required string Chain { get; init; }

    /// <summary>The payment's identity on its chain.</summary>
    public required PaymentId Id { get; init; }

    /// <summary>The transaction's id, as the chain writes it.</summary>
    public required string TransactionId { get; init; }

    /// <summary>The key of the watched address.</summary>
    public required AddressKey To { get; init; }

    /// <summary>The watched address, in its recorded spelling.</summary>
    public required string Address { get; init; }

    /// <summary>Who sent it, where the chain says so.</summary>
    public string? From { get; init; }

    /// <summary>The asset's symbol.</summary>
    public required string Asset { get; init; }

    /// <summary>The amount, in the asset's base unit.</summary>
    public required BigInteger Amount { get; init; }

    /// <summary>The memo or destination tag that came with it.</summary>
    public string? Tag { get; init; }

    /// <summary>Where it stands in its life.</summary>
    public required PaymentStatus Status { get; init; }

    /// <summary>The block that holds it, or held it last when it is retracted.</summary>
    public required ChainPoint Block { get; init; }

    /// <summary>Which end of the chain it waits for.</summary>
    public required ConfirmationMark ConfirmationMark { get; init; }

    /// <summary>The height that <see cref="ConfirmationMark"/> must reach for it to be confirmed.</summary>
    public required long ConfirmationHeight { get; init; }

    /// <summary>When it was detected (again).</summary>
    public required DateTimeOffset DetectedAt { get; init; }

    /// <summary>When it was confirmed; <see langword="null"/> before.</summary>
    public DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>
    /// On chains of outputs, how the output that holds it was spent, in a block that stands; <see langword="null"/> while it is unspent, and on chains of accounts. A spending is no event, and events do
    /// not tell it.
    /// </summary>
    public Spending? Spent { get; init; }

    /// <summary>What the address stood for when the payment was detected.</summary>
    public PaymentReference? Reference { get; init; }
}
