namespace ChainWatch;

/// <summary>One step in a payment's life, before it has a number.</summary>
public sealed class PaymentTransition
{
    /// <summary>Creates the step.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="payment">The payment right after it.</param>
    /// <param name="cause">Why, where the kind does not say it.</param>
    public PaymentTransition(PaymentEventKind kind, Payment payment, string? cause = null)
    {
        Kind = kind;
        Payment = payment;
        Cause = cause;
    }

    /// <summary>What happened.</summary>
    public PaymentEventKind Kind { get; }

    /// <summary>The payment right after it.</summary>
    public Payment Payment { get; }

    /// <summary>Why, where the kind does not say it.</summary>
    public string? Cause { get; }

    /// <summary>The step with its number and time.</summary>
    public PaymentEvent ToEvent(long sequence, DateTimeOffset at) => new()
    {
        Sequence = sequence,
        Kind = Kind,
        Payment = Payment.Spent is null ? Payment : Payment with { Spent = null },
        Cause = Cause,
        OccurredAt = at,
    };
}
