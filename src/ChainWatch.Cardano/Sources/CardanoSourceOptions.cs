namespace ChainWatch.Cardano;

/// <summary>How a <see cref="CardanoChainSource"/> reads.</summary>
internal sealed class CardanoSourceOptions
{
    /// <summary>How many blocks are asked for before the first of them has come.</summary>
    public required int Pipelining { get; init; }

    /// <summary>How deep a block lies under the newest when it counts as final.</summary>
    public required int FinalityDepth { get; init; }

    /// <summary>How long nothing may come before the server is asked whether it is still there.</summary>
    public required TimeSpan ProbeInterval { get; init; }

    /// <summary>Points of the chain at which reading may begin.</summary>
    public IReadOnlyList<CardanoPoint> Checkpoints { get; init; } = [];

    /// <summary>About how many bytes of blocks are held that the follower has not taken yet.</summary>
    public long PrefetchBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How often in a row the same must be seen before a branch that is not longer than ours is followed, or a violation of finality is believed.</summary>
    public int Patience { get; init; } = 3;

    /// <summary>The seed of the jitter in waits after failures.</summary>
    public int Seed { get; init; }
}
