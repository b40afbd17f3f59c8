namespace ChainWatch;

/// <summary>An event taken from an <see cref="InMemoryOutbox"/>.</summary>
internal sealed class InMemoryDelivery(Lock guard, InMemoryOutbox outbox, InMemoryOutbox.Entry entry) : Delivery
{
    private bool _answered;

    public override PaymentEvent Event => entry.Event;

    public override int Attempt => entry.Attempts + 1;

    public override ValueTask AcknowledgeAsync(CancellationToken cancellationToken) => Answer(() => outbox.Acknowledge(entry));

    public override ValueTask<Delivery?> AcknowledgeAndTakeAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        lock (guard)
        {
            AnswerOnce(() => outbox.Acknowledge(entry));
            return new(outbox.Take(now) is { } next ? new InMemoryDelivery(guard, outbox, next) : null);
        }
    }

    public override ValueTask RetryAsync(DateTimeOffset at, string error, CancellationToken cancellationToken) => Answer(() => outbox.Retry(entry, at, error));

    public override ValueTask ParkAsync(DateTimeOffset at, string error, CancellationToken cancellationToken) => Answer(() => outbox.Park(entry, at, error));

    public override ValueTask DisposeAsync() => Answer(() => outbox.Release(entry));

    private ValueTask Answer(Action answer)
    {
        AnswerOnce(answer);
        return ValueTask.CompletedTask;
    }

    private void AnswerOnce(Action answer)
    {
        lock (guard)
        {
            if (!_answered)
            {
                _answered = true;
                answer();
            }
        }
    }
}
