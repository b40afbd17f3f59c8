namespace ChainWatch;

/// <summary>What a commit came to.</summary>
public enum CommitOutcome
{
    /// <summary>All of it is stored.</summary>
    Committed,

    /// <summary>Nothing is stored: addresses were added or removed since the blocks were matched. Match again and commit again.</summary>
    WatchlistMoved,

    /// <summary>Nothing is stored: there is a newer term. Stop writing this scope.</summary>
    Fenced,

    /// <summary>Nothing is stored: the cursor is not where the writer believes. Load the state again.</summary>
    CursorMoved,
}
