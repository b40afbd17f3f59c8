namespace ChainWatch;

/// <summary>An address that the application registered.</summary>
public sealed class WatchedAddress
{
    /// <summary>The key that blocks are matched by.</summary>
    public required AddressKey Key { get; init; }

    /// <summary>The address in its recorded spelling.</summary>
    public required string Address { get; init; }

    /// <summary>What it stands for; <see langword="null"/> where nothing was given.</summary>
    public PaymentReference? Reference { get; init; }

    /// <summary>The first height that is watched for it.</summary>
    public long FromHeight { get; init; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset AddedAt { get; init; }
}
