namespace ChainWatch;

/// <summary>Which requests go first where an endpoint's limits make them wait.</summary>
public enum EndpointPriority
{
    /// <summary>The head of the chain and the blocks at it: payments wait for it. It is what holds where nothing is said.</summary>
    Tip,

    /// <summary>Blocks that are read to catch up.</summary>
    CatchUp,

    /// <summary>What only checks, or reads again: reconciliation, back-scans, second passes.</summary>
    Reconciliation,
}
