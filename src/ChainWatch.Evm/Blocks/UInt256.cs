using System.Buffers.Binary;
using System.Numerics;

namespace ChainWatch.Evm;

/// <summary>An amount of up to 256 bits, without allocation. Only amounts of payments become big integers.</summary>
internal readonly record struct UInt256(UInt128 High, UInt128 Low)
{
    public bool IsZero => High == UInt128.Zero && Low == UInt128.Zero;

    public static UInt256 FromBigEndian(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    public BigInteger ToBigInteger() => ((BigInteger)High << 128) | Low;
}
