namespace ChainWatch.RealNodes.Tests;

/// <summary>A row of the table <c>spend</c>.</summary>
internal sealed record StoredSpend(string TransactionId, long Output, string SpentBy, long Height);
