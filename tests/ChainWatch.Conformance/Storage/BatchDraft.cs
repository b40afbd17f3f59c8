namespace ChainWatch.Conformance;

/// <summary>A batch on its way to the store: right in all points, until a test changes one.</summary>
public sealed class BatchDraft
{
    private readonly StoreScript _script;

    /// <summary>Creates a batch that stands on the script's cursor.</summary>
    public BatchDraft(StoreScript script, IReadOnlyList<BlockHeader> blocks, IReadOnlyList<PaymentFound> payments)
    {
        _script = script;
        Blocks = blocks;
        Payments = payments;
        Term = script.Term;
        Cursor = script.Cursor;
        WatchSequence = script.WatchSequence;
        At = script.Now;
        Coverage = blocks.Count == 0 ? [] : [new CoverageRange(blocks[0].Point.Height, blocks[^1].Point.Height, "one", 1)];
    }

    /// <summary>The new blocks.</summary>
    public IReadOnlyList<BlockHeader> Blocks { get; set; }

    /// <summary>The transfers in them.</summary>
    public IReadOnlyList<PaymentFound> Payments { get; set; }

    /// <summary>The outputs that they spend.</summary>
    public IReadOnlyList<OutputSpent> Spends { get; set; } = [];

    /// <summary>The term.</summary>
    public long Term { get; set; }

    /// <summary>The cursor that it stands on.</summary>
    public ChainPoint? Cursor { get; set; }

    /// <summary>The watchlist's sequence.</summary>
    public long WatchSequence { get; set; }

    /// <summary>The last point that stays.</summary>
    public ChainPoint? RollBackTo { get; set; }

    /// <summary>Who served the blocks.</summary>
    public IReadOnlyList<CoverageRange> Coverage { get; set; }

    /// <summary>How far the head counts for confirmations; <see langword="null"/> for the new cursor.</summary>
    public long? Head { get; set; }

    /// <summary>How far the safe mark has come.</summary>
    public long Safe { get; set; } = -1;

    /// <summary>How far finality has come.</summary>
    public ChainPoint? Finalized { get; set; }

    /// <summary>Whether the events are delivered.</summary>
    public bool Deliver { get; set; } = true;

    /// <summary>The time of the commit.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>The batch.</summary>
    public CommitBatch Build()
    {
        ChainPoint? head = Blocks.Count > 0 ? Blocks[^1].Point : RollBackTo ?? Cursor;
        return new CommitBatch
        {
            Chain = _script.Chain,
            Term = Term,
            Cursor = Cursor,
            WatchSequence = WatchSequence,
            RollBackTo = RollBackTo,
            Blocks = Blocks,
            Payments = Payments,
            Spends = Spends,
            Coverage = Coverage,
            Marks = new ChainMarks(Head ?? head?.Height ?? -1, Safe, Finalized?.Height ?? -1),
            Finalized = Finalized,
            Deliver = Deliver,
            At = At,
        };
    }
}
