namespace ChainWatch.RealNodes.Tests;

/// <summary>A canonical row of <c>block</c>.</summary>
internal sealed record StoredBlock(long Height, string Hash, string? ParentHash);
