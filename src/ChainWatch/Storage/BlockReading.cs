namespace ChainWatch;

/// <summary>One reading of a block: when, through which endpoint, in which pass.</summary>
public sealed record BlockReading
{
    /// <summary>The pass of a back-scan: it reads for the addresses that it was queued for only.</summary>
    public const int BackScanPass = 0;

    /// <summary>1 for the follower's own reading, 2 for the second pass, <see cref="BackScanPass"/> for a back-scan.</summary>
    public required int Pass { get; init; }

    /// <summary>The endpoint's configured name; where old ranges were put together, the names of all that served them.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The earliest time at which what was read was committed; <see langword="null"/> where that was not recorded.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The latest time at which it was: the same as <see cref="NotBefore"/> where it is known exactly.</summary>
    public DateTimeOffset? NotAfter { get; init; }
}
