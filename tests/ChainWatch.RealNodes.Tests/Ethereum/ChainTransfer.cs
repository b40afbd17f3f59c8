using System.Numerics;

namespace ChainWatch.RealNodes.Tests;

/// <summary>A movement of value to a watched address, as the test itself reads it from the chain.</summary>
internal sealed record ChainTransfer(string TransactionId, string Address, string Asset, BigInteger Amount, long Height, string BlockHash);
