namespace ChainWatch;

/// <summary>
/// What the follower writes at once: an optional rollback, then blocks with the payments found in them, then how far the chain's marks have come.
/// A store takes all of it or nothing.
/// </summary>
public sealed class CommitBatch
{
    /// <summary>The chain.</summary>
    public required Chain Chain { get; init; }

    /// <summary>The partition of the chain's address space; 0 where it is not divided.</summary>
    public int Partition { get; init; }

    /// <summary>The term under which the writer leads. Any other term than the newest is refused.</summary>
    public required long Term { get; init; }

    /// <summary>The cursor that the writer believes in; <see langword="null"/> before the first commit. Any other is refused.</summary>
    public required ChainPoint? Cursor { get; init; }

    /// <summary>The <see cref="AddressSet.Sequence"/> of the watched addresses that the blocks were matched against. If the watchlist has moved on, the commit is refused.</summary>
    public required long WatchSequence { get; init; }

    /// <summary>The last point that stays, when the chain rolled back; else <see langword="null"/>.</summary>
    public ChainPoint? RollBackTo { get; init; }

    /// <summary>The headers of the new blocks, ascending and linked; the first one follows <see cref="RollBackTo"/>, else <see cref="Cursor"/>.</summary>
    public required IReadOnlyList<BlockHeader> Blocks { get; init; }

    /// <summary>The transfers to watched addresses in these blocks, in their order.</summary>
    public required IReadOnlyList<PaymentFound> Payments { get; init; }

    /// <summary>
    /// The spendings in these blocks of outputs that hold payments, in their order. Those of outputs that hold none are left out by the store. A rollback takes back those above it.
    /// </summary>
    public IReadOnlyList<OutputSpent> Spends { get; init; } = [];

    /// <summary>Through which endpoints the blocks were read: contiguous from the first to the last of <see cref="Blocks"/>; empty when there are none.</summary>
    public required IReadOnlyList<CoverageRange> Coverage { get; init; }

    /// <summary>How far the chain's marks have come after this batch.</summary>
    public required ChainMarks Marks { get; init; }

    /// <summary>The newest final point, to be kept for ever after; <see langword="null"/> where none is known yet.</summary>
    public ChainPoint? Finalized { get; init; }

    /// <summary>Whether the events go into the outbox for delivery. They are recorded in any case.</summary>
    public bool Deliver { get; init; } = true;

    /// <summary>The time of the commit.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The cursor after this batch.</summary>
    public ChainPoint? NewCursor => Blocks.Count > 0 ? Blocks[^1].Point : RollBackTo ?? Cursor;

    /// <summary>For stores: a batch whose blocks do not follow one another, or do not follow what it stands on, is a fault of its writer and stored by nobody.</summary>
    /// <exception cref="InvalidOperationException">The blocks are not linked.</exception>
    public void ThrowIfNotLinked()
    {
        ChainPoint? before = RollBackTo ?? Cursor;
        foreach (BlockHeader block in Blocks)
        {
            if (before is { } last && (block.Point.Height != last.Height + 1 || block.ParentHash != last.Hash))
            {
                throw new InvalidOperationException($"Block {block.Point} does not follow {last}: the batch is not linked.");
            }

            before = block.Point;
        }
    }
}
