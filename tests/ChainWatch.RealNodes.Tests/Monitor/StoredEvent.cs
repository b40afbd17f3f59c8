namespace ChainWatch.RealNodes.Tests;

/// <summary>A row of <c>payment_event</c>.</summary>
internal sealed record StoredEvent(long Sequence, string TransactionId, long Ordinal, string Kind, long Height, string BlockHash);
