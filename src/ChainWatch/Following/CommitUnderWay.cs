using System.Diagnostics;

namespace ChainWatch;

/// <summary>A batch that is being written while the follower looks through the blocks after it.</summary>
internal sealed class CommitUnderWay
{
    /// <summary>What it was built from.</summary>
    public required PendingBatch Pending { get; init; }

    public required CommitBatch Batch { get; set; }

    public required Task<CommitResult> Writing { get; set; }

    /// <summary>When writing began, by the clock's timestamp.</summary>
    public required long Started { get; set; }

    /// <summary>Whether blocks may be taken in before it is through.</summary>
    public required bool MayOverlap { get; init; }

    /// <summary>The turn among those who commit outputs.</summary>
    public required IDisposable Turn { get; init; }

    public required Activity? Span { get; init; }

    /// <summary>Lets others have their turn.</summary>
    public void End()
    {
        Turn.Dispose();
        Span?.Dispose();
    }
}
