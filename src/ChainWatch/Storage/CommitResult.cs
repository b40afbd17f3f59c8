namespace ChainWatch;

/// <summary>What a commit came to, and the events it gave rise to.</summary>
public sealed class CommitResult
{
    /// <summary>The result that the commit was refused because there is a newer term.</summary>
    public static CommitResult Fenced { get; } = new() { Outcome = CommitOutcome.Fenced };

    /// <summary>The result that the commit was refused because the watchlist has moved on.</summary>
    public static CommitResult WatchlistMoved { get; } = new() { Outcome = CommitOutcome.WatchlistMoved };

    /// <summary>The result that the commit was refused because the cursor is elsewhere.</summary>
    public static CommitResult CursorMoved { get; } = new() { Outcome = CommitOutcome.CursorMoved };

    /// <summary>What the commit came to.</summary>
    public required CommitOutcome Outcome { get; init; }

    /// <summary>
    /// The events that were written, in order. Empty unless committed, and also after a commit whose outcome had to be read back because the connection was lost: this
    /// is for logs and metrics; deliveries come from the outbox.
    /// </summary>
    public IReadOnlyList<PaymentEvent> Events { get; init; } = [];
}
