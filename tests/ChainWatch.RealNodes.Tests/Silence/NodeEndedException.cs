namespace ChainWatch.RealNodes.Tests;

/// <summary>A node under a test ended without being told to.</summary>
internal sealed class NodeEndedException(string message, Exception innerException) : Exception(message, innerException);
