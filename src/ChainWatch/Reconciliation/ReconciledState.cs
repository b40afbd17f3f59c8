namespace ChainWatch;

/// <summary>
/// What an address held, and what was recorded of it, at a point where every difference was explained: from there on, the next comparison need only explain what is new. Where the recorded sums up to
/// that point are others by then, somebody changed old records, and all of them are compared again.
/// </summary>
public sealed class ReconciledState
{
    /// <summary>The address.</summary>
    public required AddressKey Key { get; init; }

    /// <summary>The point.</summary>
    public required ChainPoint Point { get; init; }

    /// <summary>How many transactions the address had sent, where the chain tells.</summary>
    public long? Sent { get; init; }

    /// <summary>What the chain held for the address.</summary>
    public required IReadOnlyList<AssetBalance> Balances { get; init; }

    /// <summary>The sums of the payments recorded up to that point, for the same assets.</summary>
    public required IReadOnlyList<AssetBalance> Recorded { get; init; }
}
