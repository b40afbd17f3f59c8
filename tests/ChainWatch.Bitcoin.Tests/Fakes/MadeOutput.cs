namespace ChainWatch.Bitcoin.Tests;

/// <summary>An output of a made-up transaction.</summary>
public sealed record MadeOutput(long Amount, byte[] Script)
{
    public static MadeOutput To(string address, long amount, ChainFormat format) => new(amount, Scripts.Of(format.ParseAddress(address)));
}
