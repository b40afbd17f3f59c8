namespace ChainWatch;

/// <summary>An address on its way into the store.</summary>
public sealed class WatchRegistration
{
    /// <summary>The key that blocks are matched by.</summary>
    public required AddressKey Key { get; init; }

    /// <summary>The address in its recorded spelling.</summary>
    public required string Address { get; init; }

    /// <summary>What it stands for.</summary>
    public PaymentReference? Reference { get; init; }

    /// <summary>The height from which payments to it count; <see langword="null"/> for the next block.</summary>
    public long? Since { get; init; }
}
