namespace ChainWatch;

/// <summary>One step of a chain as a source tells it: <see cref="RollForward"/>, <see cref="RollBack"/> or <see cref="Idle"/>.</summary>
public abstract class ChainUpdate
{
    private protected ChainUpdate(ChainTip tip)
    {
        Tip = tip;
    }

    /// <summary>
    /// The end of the chain as last seen. <see cref="ChainTip.Safe"/> and <see cref="ChainTip.Finalized"/> are points of the branch that this source has told,
    /// at or below where it stands, and never go back: they may be acted on.
    /// </summary>
    public ChainTip Tip { get; }
}
