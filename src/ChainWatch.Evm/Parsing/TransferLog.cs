using System.Runtime.InteropServices;

namespace ChainWatch.Evm;

/// <summary>
/// Tells transfers of watched tokens among logs. Anyone can log anything, so the contract must be one that is watched; and since ERC-721 and others share the topic, the
/// log must have the very shape of ERC-20: three topics, addresses in the last two, one word of data.
/// </summary>
internal static class TransferLog
{
    /// <summary>How many zeros stand before an address in a topic.</summary>
    private const int Padding = Hash256.Length - EvmAddress.Length;

    /// <summary>The first topic: the hash of <c>Transfer(address,address,uint256)</c>.</summary>
    public static ReadOnlySpan<byte> Topic =>
    [
        0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa,
        0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4, 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef,
    ];

    /// <summary>Reads a transfer. One of nothing, or from an address to itself, moves nothing and is none.</summary>
    public static bool TryRead(in LogData log, WatchPlan plan, out Movement movement)
    {
        bool isTransfer = TryReadReceiver(in log, plan, out int asset, out EvmAddress to);
        movement = isTransfer ? Read(in log, asset, in to) : default;
        return isTransfer;
    }

    /// <summary>Reads to whom a transfer went: mostly that is all there is to know.</summary>
    public static bool TryReadReceiver(in LogData log, WatchPlan plan, out int asset, out EvmAddress to)
    {
        to = default;
        asset = -1;
        if (log.TopicCount != 3 ||
            !log.IsOneWord ||
            log.Word.IsZero ||
            !log.Topic(0).SequenceEqual(Topic) ||
            !IsAddress(log.Topic(1)) ||
            !IsAddress(log.Topic(2)) ||
            log.Topic(1).SequenceEqual(log.Topic(2)))
        {
            return false;
        }

        asset = plan.AssetOf(log.Contract);
        to = new EvmAddress(log.Topic(2)[Padding..]);
        return asset >= 0;
    }

    /// <summary>Reads the rest of a transfer.</summary>
    public static Movement Read(in LogData log, int asset, in EvmAddress to) => new()
    {
        Asset = asset,
        Amount = log.Word,
        From = new EvmAddress(log.Topic(1)[Padding..]),
        HasFrom = true,
        To = to,
    };

    private static bool IsAddress(ReadOnlySpan<byte> topic) => (MemoryMarshal.Read<ulong>(topic) | MemoryMarshal.Read<uint>(topic[sizeof(ulong)..])) == 0;
}
