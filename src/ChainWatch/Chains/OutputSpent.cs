namespace ChainWatch;

/// <summary>A spending of an output, as a block tells it.</summary>
/// <param name="Output">What is spent.</param>
/// <param name="SpentBy">The id of the transaction that spends it.</param>
/// <param name="Block">The block that holds that transaction.</param>
public readonly record struct OutputSpent(OutputId Output, Hash256 SpentBy, ChainPoint Block);
