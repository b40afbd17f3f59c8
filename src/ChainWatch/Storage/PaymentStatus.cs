namespace ChainWatch;

/// <summary>Where a payment stands in its life.</summary>
public enum PaymentStatus
{
    /// <summary>In a block of the canonical chain, not confirmed yet.</summary>
    Detected,

    /// <summary>Confirmed. It stays so, unless it is retracted.</summary>
    Confirmed,

    /// <summary>No longer in the canonical chain. If its transaction is mined again, it is detected again under the same identity.</summary>
    Retracted,
}
