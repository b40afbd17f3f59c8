namespace ChainWatch;

/// <summary>A piece of a back-scan that is written at once.</summary>
public sealed class BackScanBatch
{
    /// <summary>The chain.</summary>
    public required Chain Chain { get; init; }

    /// <summary>The partition of the chain's address space.</summary>
    public int Partition { get; init; }

    /// <summary>The term under which the writer leads.</summary>
    public required long Term { get; init; }

    /// <summary>The back-scan's number.</summary>
    public required long BackScanId { get; init; }

    /// <summary>
    /// The headers of the blocks that were read, ascending and linked, from the back-scan's <see cref="BackScan.FromHeight"/> on. Where the store holds another block
    /// as canonical at one of these heights, the piece is refused as <see cref="CommitOutcome.CursorMoved"/>: read again.
    /// </summary>
    public required IReadOnlyList<BlockHeader> Blocks { get; init; }

    /// <summary>
    /// The payments found. Those already stored, and those of addresses removed meanwhile, are left out by the store; of several with the same identity, which addresses that share an account may take one after the other, the
    /// first that is not left out counts.
    /// </summary>
    public required IReadOnlyList<PaymentFound> Payments { get; init; }

    /// <summary>
    /// The spendings in these blocks of outputs that hold payments. Where a piece finds payments that outputs hold, the back-scan goes on to the cursor: the follower did not know these outputs, and
    /// one of its blocks may spend them.
    /// </summary>
    public IReadOnlyList<OutputSpent> Spends { get; init; } = [];

    /// <summary>Through which endpoints the blocks were read, as <see cref="BlockReading.BackScanPass"/>: contiguous from the first to the last of <see cref="Blocks"/>.</summary>
    public IReadOnlyList<CoverageRange> Coverage { get; init; } = [];

    /// <summary>Whether the events go into the outbox for delivery.</summary>
    public bool Deliver { get; init; } = true;

    /// <summary>The time of the commit.</summary>
    public required DateTimeOffset At { get; init; }
}
