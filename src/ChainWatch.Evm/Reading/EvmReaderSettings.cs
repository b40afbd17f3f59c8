namespace ChainWatch.Evm;

/// <summary>How a chain is read.</summary>
internal sealed class EvmReaderSettings
{
    public required WatchPlan Plan { get; init; }

    /// <summary>The checks that are left out, by level and by name.</summary>
    public EvmChecks SkippedChecks { get; init; } = CheckLevels.Proofs;

    /// <summary>Whether an answer that fails a check is counted and used all the same.</summary>
    public bool ObserveOnly { get; init; }

    public EvmCatchUp CatchUp { get; init; }

    /// <summary>How deep a block lies under the head when it is taken not to change any more, where the chain has no mark of its own.</summary>
    public int FinalityDepth { get; init; } = 64;

    /// <summary>About how large an answer with several blocks may be, in bytes.</summary>
    public int AnswerBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>True where the configuration names the chain's safe or finalized mark.</summary>
    public bool AsksForMarks { get; init; }
}
