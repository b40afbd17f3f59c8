using System.Diagnostics.Metrics;

namespace ChainWatch;

/// <summary>The gauges of reconciliation: how far one is, how old the last one is, and what it found. A chain shows on the instance that leads it, and on no other.</summary>
internal sealed class ReconciliationMetrics : IDisposable
{
    private readonly ChainRegistry _chains;
    private readonly Meter _meter;

    public ReconciliationMetrics(ChainRegistry chains, object? scope = null)
    {
        _chains = chains;
        _meter = new Meter(new MeterOptions(ChainWatchTelemetry.MeterName) { Scope = scope });
        _meter.CreateObservableGauge("chainwatch.reconciliation.discrepancies", ObserveDiscrepancies, "{discrepancy}", "Differences between the records and the chain that the last reconciliation found and did not repair, by kind.");
        _meter.CreateObservableGauge("chainwatch.reconciliation.addresses", ObserveAddresses, "{address}", "Addresses that the last reconciliation compared, by outcome.");
        _meter.CreateObservableGauge("chainwatch.reconciliation.progress", ObserveProgress, unit: null, "How much of the running reconciliation is done, from 0 to 1; 1 where none is running.");
        _meter.CreateObservableGauge("chainwatch.reconciliation.age", ObserveAge, "s", "How long ago the last reconciliation ended.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>The word for a kind, as metrics and tables write it.</summary>
    public static string WordOf(DiscrepancyKind kind) => string.Concat(kind.ToString().Select(static (letter, index) => char.IsUpper(letter) && index > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private IEnumerable<ChainStatus> Leading => _chains.Chains.Select(static chain => chain.Status).Where(static status => status.Leading);

    private List<Measurement<long>> ObserveDiscrepancies() =>
    [
        .. Leading.Where(static status => status.Reconciliation.Last is not null).SelectMany(static status => Enum.GetValues<DiscrepancyKind>().Select(kind =>
            new Measurement<long>(status.Reconciliation.Discrepancies.GetValueOrDefault(kind), new KeyValuePair<string, object?>("chain", status.Chain.Name), new("kind", WordOf(kind))))),
    ];

    private List<Measurement<long>> ObserveAddresses() =>
    [
        .. Leading.SelectMany(static status => status.Reconciliation.Last is { Counts: var counts }
            ? new (string Outcome, long Value)[] { ("matched", counts.Matched), ("mismatched", counts.Mismatched), ("missing", counts.Missing), ("extra", counts.Extra), ("unknown", counts.Unknown) }
                .Select(one => new Measurement<long>(one.Value, new KeyValuePair<string, object?>("chain", status.Chain.Name), new("outcome", one.Outcome)))
            : []),
    ];

    private List<Measurement<double>> ObserveProgress() =>
    [
        .. Leading.Select(static status => new Measurement<double>(
            status.Reconciliation.Running is { } run ? Math.Min(1, run.Counts.Total / (double)Math.Max(run.Addresses, 1)) : 1, new KeyValuePair<string, object?>("chain", status.Chain.Name))),
    ];

    private List<Measurement<double>> ObserveAge() =>
        [.. Leading.SelectMany(static status => status.TimeSinceReconciliation is { } age ? (Measurement<double>[])[new(age.TotalSeconds, new KeyValuePair<string, object?>("chain", status.Chain.Name))] : [])];
}
