namespace ChainWatch;

/// <summary>How far a reconciliation has come.</summary>
public enum ReconciliationState
{
    /// <summary>It waits for the chain's leader.</summary>
    Queued,

    /// <summary>It is under way, or was interrupted and goes on with the next leader.</summary>
    Running,

    /// <summary>It is done.</summary>
    Done,
}
