using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ChainWatch;

/// <summary>The instruments of the endpoints.</summary>
internal sealed class EndpointMetrics : IEndpointObserver, IDisposable
{
    private static readonly ConcurrentDictionary<EndpointErrorKind, string> Outcomes = new();
    private readonly ChainWatchMetrics _metrics;
    private readonly Meter _meter;
    private readonly Counter<long> _refused;
    private readonly ConcurrentDictionary<(string Chain, string Endpoint), bool> _up = new();
    private readonly ConcurrentDictionary<(string Chain, string Endpoint), long> _heads = new();

    /// <param name="metrics">The other instruments.</param>
    /// <param name="scope">The host's meter factory, so that several hosts in one process can be told apart.</param>
    public EndpointMetrics(ChainWatchMetrics metrics, object? scope = null)
    {
        _metrics = metrics;
        _meter = new Meter(new MeterOptions(ChainWatchTelemetry.MeterName) { Scope = scope });
        _refused = _meter.CreateCounter<long>("chainwatch.endpoint.saved", "{answer}", "Bad answers refused, by check.");
        _meter.CreateObservableGauge("chainwatch.endpoint.up", ObserveUp, unit: null, "1 where the endpoint answers, else 0.");
        _meter.CreateObservableGauge("chainwatch.endpoint.lag", ObserveLag, "{block}", "Blocks between an endpoint's head and the highest head of its chain.");
    }

    public void Dispose() => _meter.Dispose();

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration) =>
        _metrics.Requested(chain, endpoint, method, OutcomeOf(failure), duration);

    public void AnswerRefused(string chain, string endpoint, string check) =>
        _refused.Add(1, new KeyValuePair<string, object?>("chain", chain), new("endpoint", endpoint), new("check", check));

    public void EndpointChanged(string chain, string endpoint, bool up) => _up[(chain, endpoint)] = up;

    public void HeadSeen(string chain, string endpoint, long height) => _heads[(chain, endpoint)] = height;

    /// <summary>The failure's name as a tag value: <c>rate_limited</c> for RateLimited.</summary>
    private static string OutcomeOf(EndpointErrorKind? failure) =>
        failure is { } kind ? Outcomes.GetOrAdd(kind, static kind => string.Concat(kind.ToString().Select(static (c, i) => char.IsUpper(c) && i > 0 ? $"_{c}" : $"{c}")).ToLowerInvariant()) : "answered";

    private List<Measurement<int>> ObserveUp() =>
        [.. _up.Select(static one => new Measurement<int>(one.Value ? 1 : 0, new KeyValuePair<string, object?>("chain", one.Key.Chain), new("endpoint", one.Key.Endpoint)))];

    private List<Measurement<long>> ObserveLag()
    {
        KeyValuePair<(string Chain, string Endpoint), long>[] heads = [.. _heads];
        Dictionary<string, long> highest = new(StringComparer.Ordinal);
        foreach (((string chain, _), long height) in heads)
        {
            highest[chain] = Math.Max(height, highest.GetValueOrDefault(chain));
        }

        return [.. heads.Select(one => new Measurement<long>(
            highest[one.Key.Chain] - one.Value,
            new KeyValuePair<string, object?>("chain", one.Key.Chain),
            new("endpoint", one.Key.Endpoint)))];
    }
}
