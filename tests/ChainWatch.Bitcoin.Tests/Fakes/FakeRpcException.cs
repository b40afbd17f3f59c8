namespace ChainWatch.Bitcoin.Tests;

/// <summary>An error that a fake node answers.</summary>
public sealed class FakeRpcException(long code, string message) : Exception(message)
{
    public long Code => code;
}
