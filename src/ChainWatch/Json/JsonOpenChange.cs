using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>What a text closes and opens, and what must be open before it so that it may stand there.</summary>
/// <param name="Inside">One more than the least depth at which it may stand: one that was never filled in may stand nowhere.</param>
/// <param name="MoreDepth">How much greater than that the depth may be.</param>
/// <param name="Mask">Which of the innermost objects and arrays matter to it.</param>
/// <param name="Objects">Which of those must be objects.</param>
/// <param name="Closes">How many it closes.</param>
/// <param name="Opens">How many it opens, and leaves open.</param>
/// <param name="Opened">Which of the opened ones are objects.</param>
/// <param name="IsEnd">Whether nothing is open behind it.</param>
internal readonly record struct JsonOpenChange(int Inside, uint MoreDepth, ulong Mask, ulong Objects, int Closes, int Opens, ulong Opened, bool IsEnd)
{
    /// <summary>One that closes or opens more is rare, and would not fit into the bits.</summary>
    private const int Most = 32;

    /// <summary>Whether all of it could be written down.</summary>
    public bool CanBeRemembered => Closes < Most && Opens < Most;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Fits(in JsonOpen open) => (uint)(open.Depth + 1 - Inside) <= MoreDepth && (open.Objects & Mask) == Objects;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public JsonOpen Apply(in JsonOpen open) => new(open.Depth - Closes + Opens, ((open.Objects >> Closes) << Opens) | Opened);
}
