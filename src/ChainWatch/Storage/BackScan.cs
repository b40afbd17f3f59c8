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
    /// against the new addresses itself.
    /// </summary>
    public required long ToHeight { get; init; }

    /// <summary>True when all is read.</summary>
    public bool IsDone => FromHeight > ToHeight;
}
