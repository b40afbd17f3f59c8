namespace ChainWatch.AspNetCore;

/// <summary>The kinds of metrics that the text format knows and ChainWatch has.</summary>
internal enum PrometheusKind
{
    Counter,
    Gauge,
    Histogram,
}
