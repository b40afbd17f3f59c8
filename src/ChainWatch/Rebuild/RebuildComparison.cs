namespace ChainWatch;

/// <summary>What a rebuild found.</summary>
public sealed record RebuildComparison
{
    /// <summary>The first height that was compared.</summary>
    public required long FromHeight { get; init; }

    /// <summary>The last height that was compared: up to it both have read the same blocks.</summary>
    public required long ToHeight { get; init; }

    /// <summary>How many payments the chain holds there.</summary>
    public required long Payments { get; init; }

    /// <summary>How many payments are not recorded as the chain holds them.</summary>
    public required long Differing { get; init; }

    /// <summary>How many of them are recorded, and were not found on the chain.</summary>
    public required long Extra { get; init; }

    /// <summary>Those payments, lowest block first, as many as were asked for.</summary>
    public required IReadOnlyList<RebuildDifference> Differences { get; init; }
}
