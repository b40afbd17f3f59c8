namespace ChainWatch;

/// <summary>What became of a discrepancy.</summary>
public enum RepairState
{
    /// <summary>There is nothing to repair, or repairing was not asked for.</summary>
    None,

    /// <summary>The blocks are to be read again; it was not done yet when the run ended.</summary>
    Queued,

    /// <summary>The records agree with the chain now.</summary>
    Repaired,

    /// <summary>Nothing may repair it unasked, since the application may have acted on it: it is the operator's decision.</summary>
    Operator,
}
