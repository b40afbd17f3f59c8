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
    private readonly Counter<long> _demotions;

    /// <param name="metrics">The other instruments.</param>
    /// <param name="scope">The host's meter factory, so that several hosts in one process can be told apart.</param>
    public EndpointMetrics(ChainWatchMetrics metrics, object? scope = null)
    {
        _metrics = metrics;
        _meter = new Meter(new MeterOptions(ChainWatchTelemetry.MeterName) { Scope = scope });
        _refused = _meter.CreateCounter<long>("chainwatch.endpoint.saved", "{answer}", "Bad answers refused, by check.");
        _demotions = _meter.CreateCounter<long>("chainwatch.endpoint.demotions", "{demotion}", "Times that an endpoint was put behind others, by reason.");
    }

    public void Dispose() => _meter.Dispose();

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration) =>
        _metrics.Requested(chain, endpoint, method, OutcomeOf(failure), duration);

    public void AnswerRefused(string chain, string endpoint, string check) =>
        _refused.Add(1, new KeyValuePair<string, object?>("chain", chain), new("endpoint", endpoint), new("check", check));

    public void EndpointDemoted(string chain, string endpoint, string reasonKind) =>
        _demotions.Add(1, new KeyValuePair<string, object?>("chain", chain), new("endpoint", endpoint), new("reason", reasonKind));

    /// <summary>The failure's name as a tag value: <c>rate_limited</c> for RateLimited.</summary>
    private static string OutcomeOf(EndpointErrorKind? failure) =>
        failure is { } kind ? Outcomes.GetOrAdd(kind, static kind => string.Concat(kind.ToString().Select(static (c, i) => char.IsUpper(c) && i > 0 ? $"_{c}" : $"{c}")).ToLowerInvariant()) : "answered";
}
