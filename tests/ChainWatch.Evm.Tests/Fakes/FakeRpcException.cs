namespace ChainWatch.Evm.Tests;

/// <summary>Makes a fake node answer a call with an error.</summary>
public sealed class FakeRpcException(long code, string message) : Exception(message)
{
    public long Code { get; } = code;
}
