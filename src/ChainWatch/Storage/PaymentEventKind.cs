namespace ChainWatch;

/// <summary>What happened to a payment.</summary>
public enum PaymentEventKind
{
    /// <summary>It was found in a block of the canonical chain.</summary>
    Detected,

    /// <summary>It has reached the confirmations or the mark that its policy asks for.</summary>
    Confirmed,

    /// <summary>A reorg put the same transaction into another block. Whether it was confirmed does not change.</summary>
    Moved,

    /// <summary>A reorg removed it from the canonical chain.</summary>
    Retracted,
}
