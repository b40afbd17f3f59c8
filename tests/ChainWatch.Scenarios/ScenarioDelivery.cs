namespace ChainWatch.Simulation;

/// <summary>A delivery that is watched: acknowledged once, by a process that lives.</summary>
internal sealed class ScenarioDelivery(Delivery inner, ScenarioStore store, Verdict verdict, ScenarioKnobs knobs) : Delivery
{
    public override PaymentEvent Event => inner.Event;

    public override int Attempt => inner.Attempt;

    public override async ValueTask AcknowledgeAsync(CancellationToken cancellationToken)
    {
        await store.BeforeAsync(cancellationToken);
        await inner.AcknowledgeAsync(cancellationToken);
        knobs.Acknowledged(Event, verdict);
        await store.AfterAsync();
    }

    public override async ValueTask<Delivery?> AcknowledgeAndTakeAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await AcknowledgeAsync(cancellationToken);
        try
        {
            return await store.TakeDeliveryAsync(now, cancellationToken);
        }
        catch (Exception)
        {
            return null;
        }
    }

    public override async ValueTask RetryAsync(DateTimeOffset at, string error, CancellationToken cancellationToken)
    {
        await store.BeforeAsync(cancellationToken);
        knobs.Count("delivery retried");
        await inner.RetryAsync(at, error, cancellationToken);
    }

    public override async ValueTask ParkAsync(DateTimeOffset at, string error, CancellationToken cancellationToken)
    {
        await store.BeforeAsync(cancellationToken);
        knobs.Count("delivery parked");
        await inner.ParkAsync(at, error, cancellationToken);
    }

    public override ValueTask DisposeAsync()
    {
        store.Forget(this);
        return inner.DisposeAsync();
    }

    /// <summary>The process died with the delivery in its hands.</summary>
    public void Release()
    {
        store.Forget(this);
        knobs.Count("delivery lost with its process");
        ValueTask released = inner.DisposeAsync();
        verdict.Check(released.IsCompletedSuccessfully, static () => "an in-memory delivery could not be released at once");
    }
}
