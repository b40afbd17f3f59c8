namespace ChainWatch;

/// <summary>What the application is told of when records are replaced by rebuilt ones.</summary>
public enum RedeliveryMode
{
    /// <summary>Payments that differ from what was recorded: those that were missing, those that were retracted, those that pay differently. All others were told already.</summary>
    Differences,

    /// <summary>Nothing: the changes are recorded as events, and delivered to nobody.</summary>
    Nothing,

    /// <summary>Differences, and every event of every payment in the range once more, with the sequences that they had.</summary>
    Everything,
}
