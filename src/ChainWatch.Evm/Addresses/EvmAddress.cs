using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch.Evm;

/// <summary>The 20 bytes of an address, in a form that costs nothing to pass around.</summary>
[InlineArray(Length)]
internal struct EvmAddress : IEquatable<EvmAddress>
{
    public const int Length = 20;
    private const int LastWord = 16;
    private byte _first;

    /// <summary>Copies the bytes in words that do not overlap: a processor that reads a part of two that do waits until both are in its cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EvmAddress(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        Span<byte> own = this;
        Vector128.Create(bytes[..LastWord]).CopyTo(own);
        MemoryMarshal.Write(own[LastWord..], MemoryMarshal.Read<uint>(bytes[LastWord..]));
    }

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes => this;

    public readonly bool Equals(EvmAddress other) => Same(in this, in other);

    public override readonly bool Equals([NotNullWhen(true)] object? obj) => obj is EvmAddress other && Equals(other);

    /// <summary>Its ends suffice: addresses are hashes, and the tables that this is used for hold the operator's own tokens.</summary>
    public override readonly int GetHashCode() => (int)(BinaryPrimitives.ReadUInt32LittleEndian(Bytes) ^ BinaryPrimitives.ReadUInt32LittleEndian(Bytes[^sizeof(uint)..]));

    public override readonly string ToString() => $"0x{Convert.ToHexStringLower(Bytes)}";

    public static bool operator ==(in EvmAddress left, in EvmAddress right) => Same(in left, in right);

    public static bool operator !=(in EvmAddress left, in EvmAddress right) => !Same(in left, in right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Same(in EvmAddress left, in EvmAddress right) =>
        ((MemoryMarshal.Read<ulong>(left) ^ MemoryMarshal.Read<ulong>(right)) |
         (MemoryMarshal.Read<ulong>(left.Bytes[sizeof(ulong)..]) ^ MemoryMarshal.Read<ulong>(right.Bytes[sizeof(ulong)..])) |
         (MemoryMarshal.Read<uint>(left.Bytes[LastWord..]) ^ MemoryMarshal.Read<uint>(right.Bytes[LastWord..]))) == 0;
}
