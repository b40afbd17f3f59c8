using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>The application: quick, slow, failing or hanging, as the scenario's knobs and its random decide.</summary>
internal sealed class ScenarioHandler(SeededRandom random, ScenarioKnobs knobs, Verdict verdict, TimeProvider time)
{
    public async Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
    {
        verdict.Check(!knobs.AcknowledgedEvents.Contains(context.Event.Sequence), () => $"event {context.Event.Sequence} was handled after it was acknowledged");
        knobs.Count("handled");
        if (random.Chance(0.5))
        {
            await Task.Yield();
        }

        if (random.Chance(knobs.HandlerWaits))
        {
            knobs.Count("handler slow");
            await Task.Delay(TimeSpan.FromMilliseconds(1 + random.Next(4000)), time, cancellationToken);
        }

        if (random.Chance(knobs.HandlerHangs))
        {
            knobs.Count("handler hangs");
            // Half of them do not even look at their token.
            await new TaskCompletionSource().Task.WaitAsync(random.Chance(0.5) ? cancellationToken : CancellationToken.None);
        }

        if (knobs.Poison == context.Payment.Id || random.Chance(knobs.HandlerFailures))
        {
            knobs.Count("handler throws");
            throw new InvalidOperationException("the application failed");
        }
    }
}
