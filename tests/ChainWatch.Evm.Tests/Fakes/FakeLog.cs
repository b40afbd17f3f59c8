using System.Numerics;

namespace ChainWatch.Evm.Tests;

/// <summary>A log of a made-up transaction.</summary>
public sealed record FakeLog(string Contract, IReadOnlyList<string> Topics, string Data)
{
    public static string TransferTopic { get; } = "0x" + Convert.ToHexStringLower(TransferLog.Topic);

    public static FakeLog Transfer(string contract, string from, string to, BigInteger amount) =>
        new(contract, [TransferTopic, AsTopic(from), AsTopic(to)], Word(amount));

    public static string AsTopic(string address) => "0x" + new string('0', 24) + address[2..].ToLowerInvariant();

    public static string Word(BigInteger amount) => "0x" + Convert.ToHexStringLower(amount.ToByteArray(isUnsigned: true, isBigEndian: true)).PadLeft(64, '0');
}
