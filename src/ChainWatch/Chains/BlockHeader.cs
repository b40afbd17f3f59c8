namespace ChainWatch;

/// <summary>What links a block into its chain.</summary>
public sealed class BlockHeader
{
    /// <summary>The block's height and hash.</summary>
    public required ChainPoint Point { get; init; }

    /// <summary>The hash of the block before it; zero for the first block.</summary>
    public required Hash256 ParentHash { get; init; }

    /// <summary>The time that the block states about itself. It may lie in the future or before its parent's: never order by it.</summary>
    public DateTimeOffset Timestamp { get; init; }
}
