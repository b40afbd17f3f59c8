using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>One hash.</summary>
internal readonly struct KeccakLanes1(ulong value) : IKeccakLanes<KeccakLanes1>
{
    public ulong Value { get; } = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes1 Fill(ulong value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes1 Xor(KeccakLanes1 left, KeccakLanes1 right) => new(left.Value ^ right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes1 Xor(KeccakLanes1 first, KeccakLanes1 second, KeccakLanes1 third) => new(first.Value ^ second.Value ^ third.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes1 Chi(KeccakLanes1 first, KeccakLanes1 second, KeccakLanes1 third) => new(first.Value ^ (~second.Value & third.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes1 Rotate(KeccakLanes1 value, [ConstantExpected] byte bits) => new(BitOperations.RotateLeft(value.Value, bits));
}
