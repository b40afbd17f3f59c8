namespace ChainWatch;

/// <summary>The source looked, and there is nothing new: where it stands is the head of the chain. Without it a quiet chain and a dead node would look alike.</summary>
public sealed class Idle : ChainUpdate
{
    /// <summary>Creates the update.</summary>
    public Idle(ChainTip tip)
        : base(tip)
    {
    }
}
