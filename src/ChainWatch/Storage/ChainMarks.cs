namespace ChainWatch;

/// <summary>How far each end of the chain has come, all at or below the cursor: what payments are confirmed by. A height of -1 means "not yet".</summary>
/// <param name="Head">The cursor's height, or less where a quorum of endpoints has not agreed on as much.</param>
/// <param name="Safe">The height that the chain calls safe.</param>
/// <param name="Finalized">The height that is final.</param>
public readonly record struct ChainMarks(long Head, long Safe, long Finalized)
{
    /// <summary>The height of one mark.</summary>
    public long this[ConfirmationMark mark] => mark switch
    {
        ConfirmationMark.Safe => Safe,
        ConfirmationMark.Finalized => Finalized,
        _ => Head,
    };
}
