using System.IO.Compression;

namespace ChainWatch;

/// <summary>One answer's bytes, packed: blocks in JSON are mostly hexadecimal digits and the same names, so more than twice as many fit.</summary>
internal sealed class PackedAnswer
{
    /// <summary>The fastest: it is done for every block that is read, and only hexadecimal digits can be saved.</summary>
    private const int Quality = 1;
    private const int Window = 18;

    private readonly byte[] _packed;
    private readonly int _length;

    private PackedAnswer(byte[] packed, int length)
    {
        _packed = packed;
        _length = length;
    }

    public int Size => _packed.Length;

    public static PackedAnswer Pack(ReadOnlySpan<byte> answer)
    {
        using PooledBytes room = PooledBytes.Rent(BrotliEncoder.GetMaxCompressedLength(answer.Length), out Span<byte> target);
        if (!BrotliEncoder.TryCompress(answer, target, out int written, Quality, Window))
        {
            throw new InvalidOperationException("An answer takes more room than its packing can take at most.");
        }

        return new PackedAnswer(target[..written].ToArray(), answer.Length);
    }

    public PooledBytes Unpack()
    {
        PooledBytes bytes = PooledBytes.Rent(_length, out Span<byte> target);
        if (!BrotliDecoder.TryDecompress(_packed, target, out int written) || written != _length)
        {
            bytes.Dispose();
            throw new InvalidOperationException("A packed answer cannot be unpacked.");
        }

        return bytes;
    }
}
