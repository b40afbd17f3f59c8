namespace ChainWatch;

/// <summary>
/// What a store may let go of a chain, piece by piece. Whatever it asks for, a store keeps: payments, watched addresses, the audit log, undelivered events, each payment's last event, everything from the
/// newest final block on, and of reconciliations those that are not done, the last one that is, and the last one that the schedule asked for.
/// </summary>
public sealed record PruneRequest
{
    /// <summary>The chain.</summary>
    public required Chain Chain { get; init; }

    /// <summary>The partition of the chain's address space; 0 where it is not divided.</summary>
    public int Partition { get; init; }

    /// <summary>The term under which the asker leads. Any other than the newest is refused. <see langword="null"/> for an operator's tool, which asks under whatever term there is.</summary>
    public required long? Term { get; init; }

    /// <summary>Only blocks below this height, and what hangs on them, may go; the store lowers it to the newest final block.</summary>
    public required long BelowHeight { get; init; }

    /// <summary>Headers of blocks older than this go; <see langword="null"/> for none.</summary>
    public DateTimeOffset? BlocksBefore { get; init; }

    /// <summary>Neighbouring ranges of coverage that were read before this become one; <see langword="null"/> for none.</summary>
    public DateTimeOffset? CoverageBefore { get; init; }

    /// <summary>Events that came about before this go, but the last of each payment; <see langword="null"/> for none.</summary>
    public DateTimeOffset? EventsBefore { get; init; }

    /// <summary>Reconciliations that ended before this go, with all that they found, but the last one; <see langword="null"/> for none.</summary>
    public DateTimeOffset? ReconciliationsBefore { get; init; }

    /// <summary>Only events with a larger sequence are looked at: <see cref="PruneResult.EventsThrough"/> of the piece before.</summary>
    public long AfterEvent { get; init; }

    /// <summary>True where nothing is to go: the answer says what would, all at once. The store locks those rows meanwhile.</summary>
    public bool DryRun { get; init; }

    /// <summary>True after the last piece, where more could have gone: nothing goes now, and the store makes the freed room usable.</summary>
    public bool Finishes { get; init; }

    /// <summary>How many rows of each kind are looked at at most, so that nothing waits long for this.</summary>
    public int Limit { get; init; } = 2_000;
}
