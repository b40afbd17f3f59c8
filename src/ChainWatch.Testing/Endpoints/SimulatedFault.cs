namespace ChainWatch.Testing;

/// <summary>What a simulated endpoint can do wrong when it is asked something.</summary>
public enum SimulatedFault
{
    /// <summary>It answers from a head some blocks behind its own.</summary>
    Lag,

    /// <summary>It answers with nothing in it: a range without blocks, a block without the transactions that its header promises.</summary>
    Empty,

    /// <summary>It answers null: this node does not know.</summary>
    Null,

    /// <summary>It says that what is there lies past its head.</summary>
    NotYet,

    /// <summary>It answers a range with blocks of two branches.</summary>
    TornRange,

    /// <summary>It answers a range in another order.</summary>
    Reordered,

    /// <summary>It answers a range with a block twice.</summary>
    Duplicated,

    /// <summary>It answers with another block than the one asked for.</summary>
    WrongBlock,

    /// <summary>It never answers; the request ends by its timeout.</summary>
    Silent,

    /// <summary>It answers late, with what was true when it was asked.</summary>
    Slow,

    /// <summary>It refuses because it was asked too often.</summary>
    TooManyRequests,

    /// <summary>Its head jumps to and fro between two heights.</summary>
    FlappingHead,

    /// <summary>It follows a branch that was canonical once, and does not know better.</summary>
    StaleBranch,

    /// <summary>A block takes as much memory as all that may be prefetched.</summary>
    HugeBlock,

    /// <summary>It answers a range with fewer blocks than it could.</summary>
    ShortRange,

    /// <summary>It does not know a header that it should know.</summary>
    UnknownHeader,

    /// <summary>Its safe and finalized marks come from elsewhere: ahead of its head, or of an attached block that never was canonical.</summary>
    StrayMarks,

    /// <summary>Its safe and finalized marks are missing.</summary>
    NoMarks,
}
