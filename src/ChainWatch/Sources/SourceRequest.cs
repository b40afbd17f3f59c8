namespace ChainWatch;

/// <summary>From where a source tells a chain, and for which addresses.</summary>
public sealed class SourceRequest
{
    /// <summary>The canonical points that are held, ascending; the last one is the cursor, the first one the anchor below which nothing is known. Empty on a first run.</summary>
    public required IReadOnlyList<ChainPoint> Known { get; init; }

    /// <summary>The newest point known to be final; a rollback below it is a finality violation.</summary>
    public ChainPoint? Finalized { get; init; }

    /// <summary>Where to begin when nothing is held: a height, or <see langword="null"/> for the head of the chain at that time.</summary>
    public long? StartHeight { get; init; }

    /// <summary>The last height that is wanted; <see langword="null"/> for all that comes. A source may tell more, but reads nothing ahead beyond it.</summary>
    public long? EndHeight { get; init; }

    /// <summary>
    /// Gives the highest point below a height that the store keeps, for sources whose protocol finds no block by its height. It is a hint: a server may have it no more.
    /// </summary>
    /// <value>The default is none: then reading begins wherever the source itself knows a point.</value>
    public Func<long, CancellationToken, ValueTask<ChainPoint?>>? PointBelow { get; init; }

    /// <summary>Gives the newest snapshot of the watched addresses, so that a reader can fetch just what they need.</summary>
    public required Func<AddressSet> Watched { get; init; }
}
