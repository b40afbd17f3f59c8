namespace ChainWatch;

/// <summary>What a batch does to payments, before any of them is confirmed by it.</summary>
public sealed class PaymentChanges
{
    /// <summary>Payments that were not stored before.</summary>
    public required IReadOnlyList<Payment> Inserted { get; init; }

    /// <summary>Payments that were, as they are now.</summary>
    public required IReadOnlyList<Payment> Updated { get; init; }

    /// <summary>The steps, in the order in which they are to be numbered.</summary>
    public required IReadOnlyList<PaymentTransition> Transitions { get; init; }
}
