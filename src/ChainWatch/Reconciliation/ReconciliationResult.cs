namespace ChainWatch;

/// <summary>What comparing the records of an address with the chain came to.</summary>
public enum ReconciliationResult
{
    /// <summary>They agree, or every difference is explained and harmless.</summary>
    Matched,

    /// <summary>Both know it, and differ about it.</summary>
    Mismatched,

    /// <summary>The chain has more than the records.</summary>
    Missing,

    /// <summary>The records have more than the chain.</summary>
    Extra,

    /// <summary>It could not be compared.</summary>
    Unknown,
}
