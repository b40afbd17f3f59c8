namespace ChainWatch;

/// <summary>Reading blocks again that were committed before some addresses were registered. The leader works it off beside the tip.</summary>
public sealed class BackScan
{
    /// <summary>Its number.</summary>
    public required long Id { get; init; }

    /// <summary>The addresses to look for.</summary>
    public required IReadOnlyList<AddressKey> Keys { get; init; }

    /// <summary>The first height that is still to be read.</summary>
    public required long FromHeight { get; init; }

    /// <summary>
    /// The last height to be read, included: where the cursor stood at registration. A rollback below it lowers it, since the follower matches the new branch
    /// against the new addresses itself. <see cref="long.MaxValue"/> for one that was queued before the chain's first commit, which ends it just below its first block.
    /// </summary>
    public required long ToHeight { get; init; }

    /// <summary>True while the chain has not begun: there is nothing to read yet, and no telling where it will begin.</summary>
    public bool IsEarly => ToHeight == long.MaxValue;

    /// <summary>True when all is read.</summary>
    public bool IsDone => FromHeight > ToHeight;
}
