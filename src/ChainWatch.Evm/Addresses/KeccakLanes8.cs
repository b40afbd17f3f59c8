using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ChainWatch.Evm;

/// <summary>Eight hashes at a time, where the processor has AVX-512: it rotates, and combines three operands, in one step.</summary>
internal readonly struct KeccakLanes8(Vector512<ulong> value) : IKeccakLanes<KeccakLanes8>
{
    public static bool IsSupported => Avx512F.IsSupported;

    public Vector512<ulong> Value { get; } = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes8 Fill(ulong value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes8 Xor(KeccakLanes8 left, KeccakLanes8 right) => new(left.Value ^ right.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes8 Xor(KeccakLanes8 first, KeccakLanes8 second, KeccakLanes8 third) => new(Avx512F.TernaryLogic(first.Value, second.Value, third.Value, 0x96));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes8 Chi(KeccakLanes8 first, KeccakLanes8 second, KeccakLanes8 third) => new(Avx512F.TernaryLogic(first.Value, second.Value, third.Value, 0xD2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeccakLanes8 Rotate(KeccakLanes8 value, [ConstantExpected] byte bits) => new(Avx512F.RotateLeft(value.Value, bits));
}
