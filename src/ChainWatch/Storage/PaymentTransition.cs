namespace ChainWatch;

/// <summary>One step in a payment's life, before it has a number.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Payment">The payment right after it.</param>
/// <param name="Cause">Why, where the kind does not say it.</param>
public sealed record PaymentTransition(PaymentEventKind Kind, Payment Payment, string? Cause = null)
{
    /// <summary>The step with its number and time.</summary>
    public PaymentEvent ToEvent(long sequence, DateTimeOffset at) => new()
    {
        Sequence = sequence,
        Kind = Kind,
        Payment = Payment,
        Cause = Cause,
        OccurredAt = at,
    };
}
