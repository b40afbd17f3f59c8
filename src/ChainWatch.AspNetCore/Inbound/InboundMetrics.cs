using System.Diagnostics.Metrics;

namespace ChainWatch.AspNetCore;

/// <summary>The instruments of what is not let in.</summary>
internal sealed class InboundMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _refused;

    /// <param name="scope">The host's meter factory, so that several hosts in one process can be told apart.</param>
    public InboundMetrics(object? scope = null)
    {
        _meter = new Meter(new MeterOptions(ChainWatchTelemetry.MeterName) { Scope = scope });
        _refused = _meter.CreateCounter<long>("chainwatch.inbound.refused", "{request}", "Requests to this host that were not let in, by reason.");
    }

    /// <param name="kind">Why: <c>address</c>, <c>rate</c> or <c>body</c>.</param>
    public void Refused(string kind) => _refused.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void Dispose() => _meter.Dispose();
}
