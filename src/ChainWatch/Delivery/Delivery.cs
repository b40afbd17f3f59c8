namespace ChainWatch;

/// <summary>
/// One event taken from the outbox, held for this instance until it is disposed. Disposing it without an answer (a crash, a shutdown) leaves it due.
/// </summary>
public abstract class Delivery : IAsyncDisposable
{
    /// <summary>The event.</summary>
    public abstract PaymentEvent Event { get; }

    /// <summary>The number of this attempt, from 1.</summary>
    public abstract int Attempt { get; }

    /// <summary>Marks it delivered, together with whatever the handler wrote in the delivery's transaction, where the store has one.</summary>
    public abstract ValueTask AcknowledgeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Marks it delivered, and takes the next event as <see cref="IWatchStore.TakeDeliveryAsync"/> does: one exchange with the store for both. <see langword="null"/> when
    /// nothing is due, and when it was marked but the next one could not be taken. It fails only where it was not marked.
    /// </summary>
    public abstract ValueTask<Delivery?> AcknowledgeAndTakeAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Undoes what the handler wrote in the delivery's transaction, and makes the event due again at a time.</summary>
    public abstract ValueTask RetryAsync(DateTimeOffset at, string error, CancellationToken cancellationToken);

    /// <summary>Undoes what the handler wrote in the delivery's transaction, and parks the event.</summary>
    public abstract ValueTask ParkAsync(DateTimeOffset at, string error, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
