namespace ChainWatch;

/// <summary>One output of one transaction, on chains of outputs: what a later transaction names when it spends it.</summary>
/// <param name="TransactionId">The id of the transaction that made it.</param>
/// <param name="Index">Its number in that transaction, from 0.</param>
public readonly record struct OutputId(Hash256 TransactionId, long Index);
