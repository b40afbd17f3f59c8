using ChainWatch;

namespace DepositMonitor;

/// <summary>A delivery that failed too often.</summary>
/// <param name="Sequence">The event's number, by which it is replayed.</param>
/// <param name="Chain">The chain.</param>
/// <param name="TransactionId">The payment's transaction.</param>
/// <param name="Ordinal">The payment's place in it.</param>
/// <param name="Kind">What happened to the payment.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Error">How it failed the last time.</param>
/// <param name="ParkedAt">Since when it waits.</param>
public sealed record ParkedEvent(long Sequence, string Chain, string TransactionId, long Ordinal, string Kind, int Attempts, string? Error, DateTimeOffset? ParkedAt)
{
    public static ParkedEvent Of(ParkedDelivery parked) => new(
        parked.Event.Sequence,
        parked.Event.Payment.Chain,
        parked.Event.Payment.TransactionId,
        parked.Event.Payment.Id.Ordinal,
        parked.Event.Kind.ToString(),
        parked.Attempts,
        parked.Error,
        parked.ParkedAt);
}
