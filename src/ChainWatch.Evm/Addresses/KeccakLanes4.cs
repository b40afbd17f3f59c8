using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ChainWatch.Evm;

/// <summary>Four hashes at a time.</summary>
internal readonly struct KeccakLanes4(Vector256<ulong> value) : IKeccakLanes<KeccakLanes4>
{
    public Vector256<ulong> Value { get; } = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes4 Fill(ulong value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes4 Xor(KeccakLanes4 left, KeccakLanes4 right) => new(left.Value ^ right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes4 Xor(KeccakLanes4 first, KeccakLanes4 second, KeccakLanes4 third) => new(first.Value ^ second.Value ^ third.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes4 Chi(KeccakLanes4 first, KeccakLanes4 second, KeccakLanes4 third) => new(first.Value ^ Vector256.AndNot(third.Value, second.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes4 Rotate(KeccakLanes4 value, [ConstantExpected] byte bits) => new((value.Value << bits) | (value.Value >> (64 - bits)));
}
