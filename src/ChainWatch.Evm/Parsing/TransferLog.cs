namespace ChainWatch.Evm;

/// <summary>
/// Tells transfers of watched tokens among logs. Anyone can log anything, so the contract must be one that is watched; and since ERC-721 and others share the topic, the
/// log must have the very shape of ERC-20: three topics, addresses in the last two, one word of data.
/// </summary>
internal static class TransferLog
{
    /// <summary>The first topic: the hash of <c>Transfer(address,address,uint256)</c>.</summary>
    public static ReadOnlySpan<byte> Topic =>
    [
        0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa,
        0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4, 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef,
    ];

    /// <summary>Reads a transfer. One of nothing, or from an address to itself, moves nothing and is none.</summary>
    public static bool TryRead(in LogData log, WatchPlan plan, out Movement movement)
    {
        movement = default;
        int asset = plan.AssetOf(log.Contract);
        if (asset < 0 ||
            log.TopicCount != 3 ||
            !log.IsOneWord ||
            log.Word.IsZero ||
            !log.Topic(0).SequenceEqual(Topic) ||
            !TryReadAddress(log.Topic(1), out EvmAddress from) ||
            !TryReadAddress(log.Topic(2), out EvmAddress to) ||
            from == to)
        {
            return false;
        }

        movement.Asset = asset;
        movement.Amount = log.Word;
        movement.From = from;
        movement.HasFrom = true;
        movement.To = to;
        return true;
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> topic, out EvmAddress address)
    {
        int padding = Hash256.Length - EvmAddress.Length;
        address = new EvmAddress(topic[padding..]);
        return topic[..padding].IndexOfAnyExcept((byte)0) < 0;
    }
}
