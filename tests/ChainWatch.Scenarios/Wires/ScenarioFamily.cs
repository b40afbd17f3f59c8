using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>A chain family whose own protocol tells a scenario's chain to its own reader, and what its kind of chain cannot do.</summary>
internal sealed class ScenarioFamily
{
    /// <summary>Its name, and that of its test project.</summary>
    public required string Name { get; init; }

    /// <summary>Whether its transfers are outputs that can be spent.</summary>
    public bool HasOutputs { get; init; }

    /// <summary>Whether its nodes know safe and final blocks; <see langword="null"/> where either may be.</summary>
    public bool? HasMarks { get; init; } = false;

    /// <summary>Whether every block is final at once: no branch ever ends.</summary>
    public bool IsFinalAtOnce { get; init; }

    /// <summary>Whether a source that begins at the head tells nothing until the next block.</summary>
    public bool BeginsAfterHead { get; init; }

    /// <summary>
    /// How many bytes of blocks end a commit where scenarios keep commits small. The room of a rollback hangs on it: one that does not fit is cut short, and then tells payments as retracted that come again.
    /// </summary>
    public long SmallBatch { get; init; } = 100_000;

    /// <summary>Makes a transaction's transfers what one transaction of the family can hold.</summary>
    public Func<SimulatedChain, IReadOnlyList<SimulatedTransfer>, IReadOnlyList<SimulatedTransfer>> Shape { get; init; } = static (_, transfers) => transfers;

    /// <summary>Makes what tells a chain, for one scenario.</summary>
    public required Func<WireSettings, ScenarioWire> Create { get; init; }
}
