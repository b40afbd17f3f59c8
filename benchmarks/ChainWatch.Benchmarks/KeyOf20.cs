using System.Runtime.InteropServices;

namespace ChainWatch.Benchmarks;

/// <summary>An address as one would write it for a <see cref="HashSet{T}"/>: twenty bytes and not one more.</summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(uint))]
internal readonly record struct KeyOf20(ulong First, ulong Second, uint Third);
