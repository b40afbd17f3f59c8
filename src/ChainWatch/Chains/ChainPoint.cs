namespace ChainWatch;

/// <summary>A place in a chain's history: a height and the hash of the block there.</summary>
/// <param name="Height">The block's height (Cardano: block number; XRP Ledger: ledger index).</param>
/// <param name="Hash">The block's hash.</param>
public readonly record struct ChainPoint(long Height, Hash256 Hash)
{
    /// <summary>The slot on chains that count slots (Cardano), else 0.</summary>
    public long Slot { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Height} ({Hash})";
}
