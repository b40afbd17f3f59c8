using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>The 20 bytes of an address, in a form that costs nothing to pass around.</summary>
[InlineArray(Length)]
internal struct EvmAddress : IEquatable<EvmAddress>
{
    public const int Length = 20;
    private byte _first;

    public EvmAddress(ReadOnlySpan<byte> bytes) => bytes.CopyTo(this);

    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Bytes => this;

    public readonly bool Equals(EvmAddress other) => Bytes.SequenceEqual(other.Bytes);

    public override readonly bool Equals([NotNullWhen(true)] object? obj) => obj is EvmAddress other && Equals(other);

    /// <summary>Its ends suffice: addresses are hashes, and the tables that this is used for hold the operator's own tokens.</summary>
    public override readonly int GetHashCode() => (int)(BinaryPrimitives.ReadUInt32LittleEndian(Bytes) ^ BinaryPrimitives.ReadUInt32LittleEndian(Bytes[^sizeof(uint)..]));

    public override readonly string ToString() => $"0x{Convert.ToHexStringLower(Bytes)}";

    public static bool operator ==(in EvmAddress left, in EvmAddress right) => left.Equals(right);

    public static bool operator !=(in EvmAddress left, in EvmAddress right) => !left.Equals(right);
}
