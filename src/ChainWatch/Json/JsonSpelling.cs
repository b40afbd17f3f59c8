using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ChainWatch;

/// <summary>A short text as it stood in a document, to be compared with what stands at another place.</summary>
internal struct JsonSpelling
{
    /// <summary>How many bytes must be there to be compared.</summary>
    public const int Longest = 2 * Chunk;

    private const int Chunk = 32;

    private readonly Vector256<byte> _low;
    private readonly Vector256<byte> _lowMask;
    private readonly Vector256<byte> _high;
    private readonly Vector256<byte> _highMask;

    /// <param name="text">No more than <see cref="Longest"/> bytes.</param>
    public JsonSpelling(ReadOnlySpan<byte> text)
    {
        Span<byte> bytes = stackalloc byte[Longest];
        Span<byte> mask = stackalloc byte[Longest];
        bytes.Clear();
        mask.Clear();
        text.CopyTo(bytes);
        mask[..text.Length].Fill(0xFF);
        Length = text.Length;
        _low = Vector256.Create<byte>(bytes);
        _lowMask = Vector256.Create<byte>(mask);
        _high = Vector256.Create<byte>(bytes[Chunk..]);
        _highMask = Vector256.Create<byte>(mask[Chunk..]);
    }

    public readonly int Length { [MethodImpl(MethodImplOptions.AggressiveInlining)] get; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsAt(ref byte at) =>
        ((Vector256.LoadUnsafe(ref at) ^ _low) & _lowMask) == Vector256<byte>.Zero &&
        (Length <= Chunk || ((Vector256.LoadUnsafe(ref at, Chunk) ^ _high) & _highMask) == Vector256<byte>.Zero);

    public readonly bool IsSameAs(in JsonSpelling other) => Length == other.Length && _low == other._low && _high == other._high;

    /// <summary>Mixes the ends of a text, or of a name in it: enough to tell most from each other.</summary>
    /// <param name="from">Its first byte; eight bytes must be there to be read.</param>
    /// <param name="length">Its length.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Mix(ref byte from, int length)
    {
        int beyond = 8 * Math.Max(0, sizeof(ulong) - length);
        ulong first = Unsafe.ReadUnaligned<ulong>(ref from) << beyond;
        ulong last = beyond > 0 ? 0 : Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, length - sizeof(ulong)));
        ulong mixed = (first ^ System.Numerics.BitOperations.RotateLeft(last, 29) ^ (ulong)length) * 0x9E3779B97F4A7C15;
        return (uint)(mixed >> 32);
    }
}
