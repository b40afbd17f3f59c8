namespace ChainWatch;

/// <summary>The chain grew: a block whose parent is the block told before it.</summary>
public sealed class RollForward : ChainUpdate
{
    /// <summary>Creates the update.</summary>
    public RollForward(Block block, ChainTip tip)
        : base(tip)
    {
        Block = block;
    }

    /// <summary>The new block. Who receives the update disposes it.</summary>
    public Block Block { get; }
}
