namespace ChainWatch;

/// <summary>What a store holds about a chain when a leader starts to follow it.</summary>
public sealed class ScopeState
{
    /// <summary>The state before the first commit.</summary>
    public static ScopeState Empty { get; } = new() { Known = [] };

    /// <summary>The canonical points from the newest final one (or the first ever) up to the cursor, ascending, without gap. Empty before the first commit.</summary>
    public required IReadOnlyList<ChainPoint> Known { get; init; }

    /// <summary>The newest final point.</summary>
    public ChainPoint? Finalized { get; init; }

    /// <summary>How far the marks had come.</summary>
    public ChainMarks Marks { get; init; } = new(-1, -1, -1);

    /// <summary>The term of the last commit; 0 before the first.</summary>
    public long Term { get; init; }

    /// <summary>The last point committed.</summary>
    public ChainPoint? Cursor => Known.Count > 0 ? Known[^1] : null;
}
