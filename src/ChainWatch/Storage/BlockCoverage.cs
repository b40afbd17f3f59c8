namespace ChainWatch;

/// <summary>Whether a block was read for an address, when, through which endpoints, and in which passes.</summary>
public sealed record BlockCoverage
{
    /// <summary>The block's height.</summary>
    public required long Height { get; init; }

    /// <summary>The address as it is watched; <see langword="null"/> where it is not.</summary>
    public required WatchedAddress? Address { get; init; }

    /// <summary>True while a back-scan has still to read this block for the address.</summary>
    public required bool IsPending { get; init; }

    /// <summary>Every reading of the block: back-scans for this address first, then the passes. Those of before the address was registered are among them.</summary>
    public required IReadOnlyList<BlockReading> Readings { get; init; }

    /// <summary>True where a payment to the address in this block would have been found: the block counts for it, was read, and no back-scan is still to read it.</summary>
    public bool IsRead => Address is { } watched && watched.FromHeight <= Height && !IsPending && Readings.Any(ReadFor);

    /// <summary>Whether a reading was for the address: not one that was over before it was registered.</summary>
    public bool ReadFor(BlockReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        return Address is { } watched && (reading.Pass == BlockReading.BackScanPass || reading.NotAfter is null || reading.NotAfter >= watched.AddedAt);
    }
}
