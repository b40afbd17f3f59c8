namespace ChainWatch;

/// <summary>A page of a watchlist's changes.</summary>
public sealed class WatchChanges
{
    /// <summary>The changes, in the order of their sequence. Changes that a later one undid may be left out.</summary>
    public required IReadOnlyList<WatchChange> Changes { get; init; }

    /// <summary>The sequence up to which all changes have been told, this page included.</summary>
    public required long Sequence { get; init; }

    /// <summary>True when there may be more after <see cref="Sequence"/>.</summary>
    public required bool More { get; init; }

    /// <summary>
    /// The number of the last change there was when the page was read: it tells how many more may follow, so that room is made for them at once. Zero where the store does not say.
    /// </summary>
    public long Newest { get; init; }
}
