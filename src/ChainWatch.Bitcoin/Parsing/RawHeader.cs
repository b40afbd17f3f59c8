using System.Buffers.Binary;

namespace ChainWatch.Bitcoin;

/// <summary>A block's header: 80 bytes, by whose hash the block is known.</summary>
internal static class RawHeader
{
    public const int Length = 80;

    private const int ParentAt = 4;
    private const int MerkleRootAt = 36;
    private const int TimeAt = 68;

    public static Hash256 HashOf(ReadOnlySpan<byte> header)
    {
        Span<byte> hash = stackalloc byte[DoubleSha256.Length];
        DoubleSha256.Hash(header[..Length], hash);
        return DoubleSha256.ToHash(hash);
    }

    public static Hash256 ParentOf(ReadOnlySpan<byte> header) => DoubleSha256.ToHash(header.Slice(ParentAt, Hash256.Length));

    /// <summary>The merkle root, in wire order.</summary>
    public static ReadOnlySpan<byte> MerkleRootOf(ReadOnlySpan<byte> header) => header.Slice(MerkleRootAt, Hash256.Length);

    public static DateTimeOffset TimeOf(ReadOnlySpan<byte> header) => DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32LittleEndian(header[TimeAt..]));
}
