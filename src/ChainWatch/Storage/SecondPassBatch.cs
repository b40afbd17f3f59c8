namespace ChainWatch;

/// <summary>A piece of the second pass that is written at once: final blocks that were read again, through another endpoint than the first time.</summary>
public sealed class SecondPassBatch
{
    /// <summary>The chain.</summary>
    public required Chain Chain { get; init; }

    /// <summary>The partition of the chain's address space.</summary>
    public int Partition { get; init; }

    /// <summary>The term under which the writer leads.</summary>
    public required long Term { get; init; }

    /// <summary>The configured name of the endpoint that they were read through.</summary>
    public required string Endpoint { get; init; }

    /// <summary>
    /// The headers of the blocks that were read, ascending and linked, from where the second pass stands (<see cref="IWatchStore.ReadSecondPassAsync"/>) and within that range. Where the store holds
    /// another block as canonical at one of these heights, or the last one is not final, the piece is refused as <see cref="CommitOutcome.CursorMoved"/>.
    /// </summary>
    public required IReadOnlyList<BlockHeader> Blocks { get; init; }

    /// <summary>
    /// All payments found in them. The store leaves out those that it has, and those that it had no reason to have: of addresses that are not watched, or not from that height on, or for which a
    /// back-scan is still to read the block.
    /// </summary>
    public required IReadOnlyList<PaymentFound> Payments { get; init; }

    /// <summary>Whether the events go into the outbox for delivery.</summary>
    public bool Deliver { get; init; } = true;

    /// <summary>The time of the commit.</summary>
    public required DateTimeOffset At { get; init; }
}
