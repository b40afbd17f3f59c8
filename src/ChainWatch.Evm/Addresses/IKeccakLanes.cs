using System.Diagnostics.CodeAnalysis;

namespace ChainWatch.Evm;

/// <summary>One word of the state of one hash, or of several that are taken at a time.</summary>
internal interface IKeccakLanes<T>
    where T : struct, IKeccakLanes<T>
{
    static abstract T Fill(ulong value);

    static abstract T Xor(T left, T right);

    static abstract T Xor(T first, T second, T third);

    /// <summary>The step chi: <c>first ^ (~second &amp; third)</c>.</summary>
    static abstract T Chi(T first, T second, T third);

    static abstract T Rotate(T value, [ConstantExpected] byte bits);
}
