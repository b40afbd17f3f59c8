namespace ChainWatch;

/// <summary>How much room the store takes and has, as this instance saw it last: for health answers and gauges.</summary>
public sealed class StoreSpace
{
    private readonly RetentionOptions _options;
    private StoreSpaceReading? _last;

    /// <summary>Creates it.</summary>
    public StoreSpace(RetentionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <summary>What was seen last; <see langword="null"/> before the first look.</summary>
    public StoreSpaceReading? Last => Volatile.Read(ref _last);

    /// <summary>The policy by which the store is pruned.</summary>
    public RetentionPolicy Policy => _options.Policy;

    /// <summary>The size, in bytes, that the store should not exceed; <see langword="null"/> for any.</summary>
    public long? Threshold => _options.Threshold;

    /// <summary>The size, in bytes, that it is brought down to when it does.</summary>
    public long? Target => _options.Target;

    /// <summary>Why there is too little room, for people; <see langword="null"/> where there is enough.</summary>
    public string? Reason => Last is { } last && last.Size.Used > Threshold
        ? $"The store uses {ByteSize.Format(last.Size.Used)}; Retention:DiskThreshold is {ByteSize.Format(Threshold!.Value)}."
        : null;

    /// <summary>Looks.</summary>
    internal async Task ReadAsync(IWatchStore store, DateTimeOffset at, CancellationToken cancellationToken)
    {
        StoreSize size = await store.ReadSizeAsync(cancellationToken);
        Volatile.Write(ref _last, new StoreSpaceReading { At = at, Size = size, Free = Free() });
    }

    private long? Free()
    {
        if (_options.DatabaseVolume is not { } volume)
        {
            return null;
        }

        try
        {
            return new DriveInfo(volume).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
