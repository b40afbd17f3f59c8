using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>A block's logs bloom: 2,048 bits, of which each log sets three for its contract and three for each topic. A bit that is not set proves that a log is not there.</summary>
[InlineArray(Length)]
internal struct Bloom
{
    public const int Length = 256;
    private byte _first;

    public readonly bool IsZero
    {
        get
        {
            ReadOnlySpan<byte> bytes = this;
            return bytes.IndexOfAnyExcept((byte)0) < 0;
        }
    }

    /// <summary>How many of the bits are set, from 0 to 1. The fuller, the less it says.</summary>
    public readonly double Fill
    {
        get
        {
            ReadOnlySpan<byte> bytes = this;
            int bits = 0;
            foreach (byte b in bytes)
            {
                bits += byte.PopCount(b);
            }

            return bits / (Length * 8.0);
        }
    }

    public void Add(in BloomBits bits)
    {
        this[bits.A / 8] |= (byte)(1 << (bits.A % 8));
        this[bits.B / 8] |= (byte)(1 << (bits.B % 8));
        this[bits.C / 8] |= (byte)(1 << (bits.C % 8));
    }

    public readonly bool MayContain(in BloomBits bits) =>
        (this[bits.A / 8] & (1 << (bits.A % 8))) != 0 &&
        (this[bits.B / 8] & (1 << (bits.B % 8))) != 0 &&
        (this[bits.C / 8] & (1 << (bits.C % 8))) != 0;

    public readonly bool SameAs(in Bloom other)
    {
        ReadOnlySpan<byte> mine = this;
        ReadOnlySpan<byte> theirs = other;
        return mine.SequenceEqual(theirs);
    }
}
