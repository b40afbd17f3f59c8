namespace ChainWatch;

/// <summary>One step in a payment's life: what is folded into its state, and what is delivered to the application's handler.</summary>
public sealed class PaymentEvent
{
    /// <summary>The event's number in its store: it grows, and grows in order for each payment, but has gaps.</summary>
    public required long Sequence { get; init; }

    /// <summary>What happened.</summary>
    public required PaymentEventKind Kind { get; init; }

    /// <summary>The payment as it was right after this event.</summary>
    public required Payment Payment { get; init; }

    /// <summary>Why, where the kind does not say it: the cause of a retraction.</summary>
    public string? Cause { get; init; }

    /// <summary>When it was committed.</summary>
    public required DateTimeOffset OccurredAt { get; init; }
}
