namespace ChainWatch;

/// <summary>What a registration came to. Addresses that were watched already with the same reference are left as they were.</summary>
public sealed class RegistrationResult
{
    /// <summary>How many addresses are new.</summary>
    public required int Added { get; init; }

    /// <summary>
    /// The back-scans to wait for: those queued now for addresses whose "since" lies at or below the cursor (one for each height), and those that an earlier
    /// registration of the same addresses queued and that are not done.
    /// </summary>
    public IReadOnlyList<long> BackScanIds { get; init; } = [];
}
