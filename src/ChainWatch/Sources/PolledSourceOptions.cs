namespace ChainWatch;

/// <summary>How a <see cref="PolledChainSource"/> reads.</summary>
public sealed class PolledSourceOptions
{
    /// <summary>How often the head is asked for while nothing announces it.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How deep a block lies under the head when it counts as final, where the reader has no finalized mark.</summary>
    public int FinalityDepth { get; init; } = 64;

    /// <summary>Whether the reader's own safe and finalized marks are believed. False decides by <see cref="FinalityDepth"/> alone.</summary>
    public bool TrustMarks { get; init; } = true;

    /// <summary>The most blocks that are asked for at once while catching up. Fewer are where answers are slow, cut off, or do not come.</summary>
    public int BatchSize { get; init; } = 200;

    /// <summary>How many requests for blocks run side by side while catching up.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>About how many bytes of blocks are held that the follower has not taken yet; at least one request's worth is always allowed.</summary>
    public long PrefetchBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// How many looks in a row must find the same branch before one that is not longer than ours is followed. A longer branch is followed at once. Two heads at one
    /// height, or a node on an orphaned branch, are usual for a moment and prove nothing.
    /// </summary>
    public int Patience { get; init; } = 3;

    /// <summary>The seed of the jitter in waits after failures.</summary>
    public int Seed { get; init; }
}
