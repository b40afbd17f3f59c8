namespace ChainWatch;

/// <summary>The canonical chain replaced the blocks after a point.</summary>
public sealed class RollBack : ChainUpdate
{
    /// <summary>Creates the update.</summary>
    public RollBack(ChainPoint target, long replacementHeight, ChainTip tip)
        : base(tip)
    {
        Target = target;
        ReplacementHeight = replacementHeight;
    }

    /// <summary>The last block that both branches share. Everything after it is void.</summary>
    public ChainPoint Target { get; }

    /// <summary>
    /// The height up to which the new branch is about to be told. Until a block of that height, or <see cref="Idle"/>, arrives, the follower keeps the rollback
    /// open, so that a transaction that both branches hold is moved instead of retracted and found again.
    /// </summary>
    public long ReplacementHeight { get; }
}
