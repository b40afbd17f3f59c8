namespace ChainWatch.Testing;

/// <summary>What happens on a chain that <see cref="SimulatedTraffic"/> drives.</summary>
public sealed class SimulatedTrafficOptions
{
    /// <summary>Decides everything.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The addresses that are paid to.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>How many payments to these addresses a block has on average.</summary>
    public double PaymentsPerBlock { get; init; } = 0.7;

    /// <summary>How probable it is that a block comes with a reorg.</summary>
    /// <value>From 0 to 1. The default is 0.1.</value>
    public double Reorgs { get; init; } = 0.1;

    /// <summary>How many blocks a reorg replaces at most.</summary>
    public int ReorgDepthUpTo { get; init; } = 3;

    /// <summary>How probable it is that a reorg drops a transaction instead of mining it again.</summary>
    /// <value>From 0 to 1. The default is 0.3.</value>
    public double Drops { get; init; } = 0.3;

    /// <summary>How far under the head the chain calls its blocks final; twice as far as safe. Reorgs never reach so deep.</summary>
    public int FinalityDepth { get; init; } = 8;

    /// <summary>How many blocks at most; then the traffic ends.</summary>
    public int Blocks { get; init; } = int.MaxValue;
}
