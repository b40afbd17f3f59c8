using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>What of a scenario can be turned while it runs, and what is counted and recorded.</summary>
internal sealed class ScenarioKnobs
{
    private readonly HashSet<long> _acknowledged = [];
    private readonly Dictionary<(string, PaymentId), long> _lastAcknowledged = [];

    public double StoreYields { get; set; }

    public double StoreFailures { get; set; }

    /// <summary>Decides when the store lets go of what it may: of its own, so that it changes nothing else of a history.</summary>
    public SeededRandom? Pruning { get; init; }

    public double HandlerFailures { get; set; }

    public double HandlerHangs { get; set; }

    public double HandlerWaits { get; set; }

    /// <summary>A payment whose handler always fails, until it is healed.</summary>
    public PaymentId? Poison { get; set; }

    /// <summary>Takes a line of the step log; <see langword="null"/> where nobody reads it.</summary>
    public Action<string>? Trace { get; set; }

    /// <summary>Where the follower's source last went back to.</summary>
    public ChainPoint? LastTarget { get; set; }

    public Dictionary<string, long> Counts { get; } = [];

    public IReadOnlySet<long> AcknowledgedEvents => _acknowledged;

    public void Count(string what, long by = 1) => Counts[what] = Counts.GetValueOrDefault(what) + by;

    public void Acknowledged(PaymentEvent one, Verdict verdict)
    {
        verdict.Check(_acknowledged.Add(one.Sequence), () => $"event {one.Sequence} was acknowledged twice");
        (string, PaymentId) key = (one.Payment.Chain, one.Payment.Id);
        verdict.Check(_lastAcknowledged.GetValueOrDefault(key) < one.Sequence, () => $"event {one.Sequence} was acknowledged after event {_lastAcknowledged[key]} of the same payment");
        _lastAcknowledged[key] = one.Sequence;
    }
}
