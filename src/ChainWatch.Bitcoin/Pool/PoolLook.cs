namespace ChainWatch.Bitcoin;

/// <summary>What one look at a node's pool came to.</summary>
internal sealed class PoolLook : IDisposable
{
    /// <summary>The node.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The ids of all transactions in its pool.</summary>
    public required IReadOnlySet<Hash256> Ids { get; init; }

    /// <summary>Those that were not looked at before, or are to be looked at again, with their bytes.</summary>
    public required IReadOnlyList<(Hash256 Id, byte[] Bytes)> News { get; init; }

    /// <summary>The blocks that came since the last look, oldest first.</summary>
    public required IReadOnlyList<BitcoinBlock> Blocks { get; init; }

    /// <summary>Its newest block.</summary>
    public required Hash256 Head { get; init; }

    public void Dispose()
    {
        foreach (BitcoinBlock block in Blocks)
        {
            block.Dispose();
        }
    }
}
