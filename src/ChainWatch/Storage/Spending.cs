namespace ChainWatch;

/// <summary>How a payment's output was spent.</summary>
/// <param name="TransactionId">The id of the transaction that spends it, as the chain writes it.</param>
/// <param name="Block">The canonical block that holds that transaction.</param>
public sealed record Spending(string TransactionId, ChainPoint Block);
