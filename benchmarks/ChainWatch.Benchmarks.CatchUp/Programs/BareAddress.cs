using System.Buffers.Binary;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>An address as a value.</summary>
internal readonly record struct BareAddress(ulong A, ulong B, uint C)
{
    public static BareAddress Of(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
}
