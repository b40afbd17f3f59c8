namespace ChainWatch;

/// <summary>What a registration came to. Addresses that were watched already with the same reference are left as they were.</summary>
public sealed class RegistrationResult
{
    /// <summary>How many addresses are new.</summary>
    public required int Added { get; init; }

    /// <summary>The back-scan that was queued for the addresses whose "since" lies at or below the cursor; <see langword="null"/> when none was needed.</summary>
    public long? BackScanId { get; init; }
}
