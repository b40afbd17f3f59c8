namespace ChainWatch;

/// <summary>A payment's identity on its chain. It holds nothing that changes when the transaction is mined again.</summary>
/// <param name="TransactionId">The transaction's id.</param>
/// <param name="Ordinal">Where the transfer stands inside its transaction.</param>
public readonly record struct PaymentId(Hash256 TransactionId, long Ordinal);
