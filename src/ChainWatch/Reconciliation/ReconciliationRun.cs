namespace ChainWatch;

/// <summary>A reconciliation of one chain: what was asked for, and how far it has come.</summary>
public sealed record ReconciliationRun
{
    /// <summary>Its number.</summary>
    public required long Id { get; init; }

    /// <summary>The chain's name.</summary>
    public required string Chain { get; init; }

    /// <summary>What was asked for.</summary>
    public required ReconciliationRequest Request { get; init; }

    /// <summary>How far it has come.</summary>
    public required ReconciliationState State { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the leader began it; <see langword="null"/> before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; <see langword="null"/> before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The last address that is done; addresses are taken in the order of their keys, and a restart goes on after it.</summary>
    public AddressKey? Position { get; init; }

    /// <summary>How many addresses there are to compare.</summary>
    public long Addresses { get; init; }

    /// <summary>What those that are done came to.</summary>
    public ReconciliationCounts Counts { get; init; }

    /// <summary>The newest point that was compared at.</summary>
    public ChainPoint? Point { get; init; }
}
