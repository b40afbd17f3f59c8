using System.Numerics;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A row of <c>payment</c>.</summary>
internal sealed record StoredPayment(string TransactionId, long Ordinal, string Address, string Asset, BigInteger Amount, string Status, long Height, string BlockHash);
