using System.Numerics;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A row of the handler's own <c>deposit_balance</c>.</summary>
internal sealed record StoredBalance(string Address, string Asset, BigInteger Pending, BigInteger Confirmed);
