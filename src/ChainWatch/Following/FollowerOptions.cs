namespace ChainWatch;

/// <summary>How much the follower commits at once while it catches up. At the tip it commits each block as it comes.</summary>
public sealed class FollowerOptions
{
    /// <summary>The most blocks in a commit.</summary>
    public int MaxBlocks { get; init; } = 1_000;

    /// <summary>About the most bytes of blocks in a commit. While it is written, as many again may be taken in for the next one.</summary>
    public long MaxBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>About the most payments in a commit. While it is written, as many again may be found for the next one.</summary>
    public int MaxPayments { get; init; } = 10_000;

    /// <summary>How many changes of the watchlist are read at once.</summary>
    public int WatchPage { get; init; } = 50_000;
}
