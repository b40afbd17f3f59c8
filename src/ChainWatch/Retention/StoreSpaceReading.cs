namespace ChainWatch;

/// <summary>How much room a store took and had at one moment.</summary>
public sealed record StoreSpaceReading
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How large the store was.</summary>
    public required StoreSize Size { get; init; }

    /// <summary>Free bytes on the volume of <see cref="RetentionOptions.DatabaseVolume"/>; <see langword="null"/> where none is named, or it cannot be read.</summary>
    public long? Free { get; init; }
}
