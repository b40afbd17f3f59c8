namespace ChainWatch.RealNodes.Tests;

/// <summary>Tests that measure how long something takes run one after the other, when all others are done.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredCollection
{
    public const string Name = "measured";
}
