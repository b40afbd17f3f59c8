namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What a hole of a template takes.</summary>
internal enum JsonHoleKind
{
    Height,
    Time,
    BlockHash,
    ParentHash,
    TransactionHash,
}
