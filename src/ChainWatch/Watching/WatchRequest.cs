namespace ChainWatch;

/// <summary>An address that is to be watched.</summary>
public sealed class WatchRequest
{
    /// <summary>The address, in any spelling that its chain allows.</summary>
    public required string Address { get; init; }

    /// <summary>What it stands for in the application.</summary>
    public PaymentReference? Reference { get; init; }

    /// <summary>The height from which payments to it count; <see langword="null"/> for the next block.</summary>
    public long? Since { get; init; }
}
