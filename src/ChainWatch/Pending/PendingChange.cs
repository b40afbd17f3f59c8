namespace ChainWatch;

/// <summary>What a chain family saw of a transfer that no block holds yet.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Transfer">The transfer.</param>
/// <param name="DisplacedBy">The transaction that took its transaction's place, where one did.</param>
public readonly record struct PendingChange(PendingPaymentEventKind Kind, Transfer Transfer, Hash256? DisplacedBy = null);
