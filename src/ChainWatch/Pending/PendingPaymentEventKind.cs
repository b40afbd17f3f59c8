namespace ChainWatch;

/// <summary>What happened to a payment that no block holds yet.</summary>
public enum PendingPaymentEventKind
{
    /// <summary>Its transaction waits to be mined.</summary>
    Pending,

    /// <summary>Another transaction that waits took its transaction's place (replace-by-fee), and may pay something else, or nothing.</summary>
    Replaced,

    /// <summary>A block holds another transaction that spends what its transaction wanted to spend: it can never be mined in this branch.</summary>
    Conflicted,

    /// <summary>Its transaction is gone from the pool, and nothing took its place. It may come back.</summary>
    Evicted,
}
