namespace ChainWatch;

/// <summary>How well a chain, or all of them together, are followed.</summary>
public enum HealthState
{
    /// <summary>All is well.</summary>
    Healthy,

    /// <summary>Something is wrong that may mend itself: no endpoint answers just now, an error since the last commit, or the cursor is far behind.</summary>
    Degraded,

    /// <summary>The chain has been silent, or nothing was committed, for longer than its event timeout, or the store does not answer.</summary>
    Failing,
}
