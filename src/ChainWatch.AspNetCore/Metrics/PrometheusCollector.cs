using System.Diagnostics.Metrics;
using System.Text;

namespace ChainWatch.AspNetCore;

/// <summary>
/// Listens to ChainWatch's meter, and to ASP.NET Core's count of the host's own requests, and writes what it heard in the text format 0.0.4 of Prometheus, so that a host needs
/// no exporter. One collector belongs to one host: it hears only the meters of that host's factory.
/// </summary>
internal sealed class PrometheusCollector : IDisposable
{
    /// <summary>What a scrape answers with.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // What the host's own clients see. Its labels are bounded: routes as mapped, known methods, status codes.
    private const string HostMeterName = "Microsoft.AspNetCore.Hosting";
    private const string HostRequests = "http.server.request.duration";

    // For instruments that advise no buckets of their own: what OpenTelemetry recommends for durations in seconds.
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private readonly Lock _scrape = new();
    private readonly Lock _families = new();
    private readonly SortedDictionary<string, PrometheusFamily> _byName = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly object? _scope;
    private readonly int _maxSeries;
    private long _dropped;

    /// <summary>Creates a collector and begins to listen.</summary>
    /// <param name="scope">The host's meter factory; meters of other factories are not heard. <see langword="null"/> hears only meters without one.</param>
    /// <param name="maxSeries">How many sets of labels one metric may have; values of further ones are dropped and counted.</param>
    public PrometheusCollector(IMeterFactory? scope, int maxSeries = 2000)
    {
        _scope = scope;
        _maxSeries = maxSeries;
        _listener.InstrumentPublished = Listen;
        _listener.SetMeasurementEventCallback<double>(static (instrument, value, tags, state) => Take(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<float>(static (instrument, value, tags, state) => Take(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>(static (instrument, value, tags, state) => Take(instrument, (double)value, tags, state));
        _listener.SetMeasurementEventCallback<long>(static (instrument, value, tags, state) => Take(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<int>(static (instrument, value, tags, state) => Take(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<short>(static (instrument, value, tags, state) => Take(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<byte>(static (instrument, value, tags, state) => Take(instrument, value, tags, state));
        _listener.Start();
    }

    /// <summary>Asks the observable instruments, and writes everything.</summary>
    public string Scrape()
    {
        lock (_scrape)
        {
            PrometheusFamily[] families;
            lock (_families)
            {
                families = [.. _byName.Values];
            }

            foreach (PrometheusFamily family in families)
            {
                if (family.Observed)
                {
                    family.Forget();
                }
            }

            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException)
            {
                // An instrument that fails has no value this time; the others are told.
            }

            StringBuilder text = new();
            foreach (PrometheusFamily family in families)
            {
                family.Write(text);
            }

            if (Interlocked.Read(ref _dropped) is > 0 and long dropped)
            {
                text.Append("# HELP chainwatch_metrics_dropped_total Values that were dropped because their metric has too many sets of labels.\n");
                text.Append("# TYPE chainwatch_metrics_dropped_total counter\n");
                text.Append("chainwatch_metrics_dropped_total ").Append(dropped).Append('\n');
            }

            return text.ToString();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        (PrometheusCollector collector, PrometheusFamily family) = ((PrometheusCollector, PrometheusFamily))state!;
        if (!family.Record(value, tags, adds: !family.Observed && !IsGauge(instrument)))
        {
            Interlocked.Increment(ref collector._dropped);
        }
    }

    private static bool IsHeard(Instrument instrument) =>
        string.Equals(instrument.Meter.Name, ChainWatchTelemetry.MeterName, StringComparison.Ordinal) ||
        (string.Equals(instrument.Meter.Name, HostMeterName, StringComparison.Ordinal) && string.Equals(instrument.Name, HostRequests, StringComparison.Ordinal));

    private static bool IsGauge(Instrument instrument) => instrument is Gauge<double> or Gauge<float> or Gauge<decimal> or Gauge<long> or Gauge<int> or Gauge<short> or Gauge<byte>;

    private static PrometheusKind KindOf(Instrument instrument) => instrument switch
    {
        Counter<double> or Counter<float> or Counter<decimal> or Counter<long> or Counter<int> or Counter<short> or Counter<byte> => PrometheusKind.Counter,
        ObservableCounter<double> or ObservableCounter<float> or ObservableCounter<decimal> or ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<short>
            or ObservableCounter<byte> => PrometheusKind.Counter,
        Histogram<double> or Histogram<float> or Histogram<decimal> or Histogram<long> or Histogram<int> or Histogram<short> or Histogram<byte> => PrometheusKind.Histogram,
        _ => PrometheusKind.Gauge,
    };

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<float> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(static bound => (double)bound)],
        Histogram<decimal> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(static bound => (double)bound)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(static bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(static bound => (double)bound)],
        Histogram<short> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(static bound => (double)bound)],
        Histogram<byte> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(static bound => (double)bound)],
        _ => DefaultBounds,
    };

    private void Listen(Instrument instrument, MeterListener listener)
    {
        if (!IsHeard(instrument) ||
            (instrument.Meter.Scope is { } scope && !ReferenceEquals(scope, _scope)))
        {
            return;
        }

        PrometheusKind kind = KindOf(instrument);
        string name = PrometheusName.Metric(instrument.Name, instrument.Unit, kind == PrometheusKind.Counter);
        PrometheusFamily? family;
        lock (_families)
        {
            if (!_byName.TryGetValue(name, out family))
            {
                double[] bounds = kind == PrometheusKind.Histogram ? BoundsOf(instrument) : [];
                string help = string.IsNullOrEmpty(instrument.Description) ? $"{instrument.Name} of ChainWatch." : instrument.Description;
                family = new PrometheusFamily(name, help, kind, bounds, instrument.IsObservable, _maxSeries);
                _byName.Add(name, family);
            }
        }

        listener.EnableMeasurementEvents(instrument, (this, family));
    }
}
