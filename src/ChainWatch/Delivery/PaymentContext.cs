using System.Globalization;

namespace ChainWatch;

/// <summary>What a handler is given: the event, and the delivery it is part of.</summary>
public sealed class PaymentContext
{
    /// <summary>Creates the context of a delivery.</summary>
    public PaymentContext(Delivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        Delivery = delivery;
    }

    /// <summary>The delivery. Acknowledging it is not the handler's business.</summary>
    public Delivery Delivery { get; }

    /// <summary>The event.</summary>
    public PaymentEvent Event => Delivery.Event;

    /// <summary>What happened.</summary>
    public PaymentEventKind Kind => Event.Kind;

    /// <summary>The payment as it was right after the event.</summary>
    public Payment Payment => Event.Payment;

    /// <summary>The number of this attempt, from 1.</summary>
    public int Attempt => Delivery.Attempt;

    /// <summary>The same text at every attempt and on every instance, and of no other event: give it to whatever is called outside the database.</summary>
    public string IdempotencyKey => string.Create(CultureInfo.InvariantCulture, $"{Payment.Chain}/{Payment.TransactionId}/{Payment.Id.Ordinal}/{Event.Sequence}");
}
