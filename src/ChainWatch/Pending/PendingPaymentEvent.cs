using System.Numerics;

namespace ChainWatch;

/// <summary>
/// News of a payment that no block holds yet: a hint for people, never a reason to hand anything out. It is no step in the payment's life, is stored nowhere, and may be told twice or not at all when
/// instances change. A payment that is mined ends here without a word: the next of it is <see cref="PaymentEventKind.Detected"/>, under the same <see cref="PaymentId"/>, through
/// <see cref="IPaymentHandler"/>.
/// </summary>
public sealed class PendingPaymentEvent
{
    /// <summary>What happened.</summary>
    public required PendingPaymentEventKind Kind { get; init; }

    /// <summary>The chain's name.</summary>
    public required string Chain { get; init; }

    /// <summary>The identity that the payment has once it is mined.</summary>
    public required PaymentId Id { get; init; }

    /// <summary>The transaction's id, as the chain writes it.</summary>
    public required string TransactionId { get; init; }

    /// <summary>The watched address, in its recorded spelling.</summary>
    public required string Address { get; init; }

    /// <summary>The asset's symbol.</summary>
    public required string Asset { get; init; }

    /// <summary>The amount, in the asset's base unit.</summary>
    public required BigInteger Amount { get; init; }

    /// <summary>What the address stands for.</summary>
    public PaymentReference? Reference { get; init; }

    /// <summary>The id of the transaction that took its transaction's place; <see langword="null"/> where none did.</summary>
    public string? DisplacedBy { get; init; }

    /// <summary>When it was seen here.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
