using System.Buffers.Binary;

namespace ChainWatch.Xrpl;

/// <summary>A ledger's header as it is hashed: 118 bytes.</summary>
internal readonly struct LedgerHeaderData
{
    public const int Length = 118;

    private const int PrefixLength = 4;
    private const long RippleEpoch = 946_684_800;

    private LedgerHeaderData(ReadOnlySpan<byte> data, Hash256 hash)
    {
        Hash = hash;
        Index = BinaryPrimitives.ReadUInt32BigEndian(data);
        ParentHash = new Hash256(data.Slice(12, Hash256.Length));
        TransactionHash = new Hash256(data.Slice(44, Hash256.Length));
        CloseTime = BinaryPrimitives.ReadUInt32BigEndian(data[112..]);
    }

    /// <summary>The hash, computed here from all of the header.</summary>
    public Hash256 Hash { get; }

    public long Index { get; }

    public Hash256 ParentHash { get; }

    /// <summary>The root of the tree of transactions; zero where there are none.</summary>
    public Hash256 TransactionHash { get; }

    /// <summary>When the ledger closed, in seconds since the beginning of the year 2000.</summary>
    public uint CloseTime { get; }

    public static LedgerHeaderData Read(ReadOnlySpan<byte> data)
    {
        if (data.Length != Length)
        {
            throw new LedgerFormatException("ledger_data has not the 118 bytes of a header");
        }

        Span<byte> prefixed = stackalloc byte[PrefixLength + Length];
        "LWR\0"u8.CopyTo(prefixed);
        data.CopyTo(prefixed[PrefixLength..]);
        return new LedgerHeaderData(data, Sha512Half.Of(prefixed));
    }

    public BlockHeader ToHeader() => new()
    {
        Point = new ChainPoint(Index, Hash),
        ParentHash = ParentHash,
        Timestamp = DateTimeOffset.FromUnixTimeSeconds(RippleEpoch + CloseTime),
    };
}
