namespace ChainWatch;

/// <summary>An event whose delivery failed too often. It waits, with all later events of its payment, until it is replayed.</summary>
public sealed class ParkedDelivery
{
    /// <summary>The event.</summary>
    public required PaymentEvent Event { get; init; }

    /// <summary>How often it was tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>What the handler said last.</summary>
    public required string Error { get; init; }

    /// <summary>When it was parked.</summary>
    public required DateTimeOffset ParkedAt { get; init; }
}
