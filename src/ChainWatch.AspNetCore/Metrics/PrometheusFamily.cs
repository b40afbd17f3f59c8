using System.Globalization;
using System.Text;

namespace ChainWatch.AspNetCore;

/// <summary>One metric with all its series.</summary>
internal sealed class PrometheusFamily
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PrometheusSeries> _series = new(StringComparer.Ordinal);
    private readonly string _name;
    private readonly string _help;
    private readonly double[] _bounds;
    private readonly int _maxSeries;

    public PrometheusFamily(string name, string help, PrometheusKind kind, double[] bounds, bool observed, int maxSeries)
    {
        _name = name;
        _help = help;
        Kind = kind;
        _bounds = bounds;
        Observed = observed;
        _maxSeries = maxSeries;
    }

    public PrometheusKind Kind { get; }

    /// <summary>True when the values are asked for at each scrape, false when they arrive as they happen.</summary>
    public bool Observed { get; }

    /// <summary>Takes a value; <paramref name="adds"/> where it is a difference and not a whole value. False when there are too many series already, and this would be a new one.</summary>
    public bool Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, bool adds)
    {
        string labels = Labels(tags);
        lock (_lock)
        {
            if (!_series.TryGetValue(labels, out PrometheusSeries? series))
            {
                if (_series.Count >= _maxSeries)
                {
                    return false;
                }

                series = new PrometheusSeries(labels, _bounds.Length);
                _series.Add(labels, series);
            }

            if (Kind == PrometheusKind.Histogram)
            {
                int bucket = Array.FindIndex(_bounds, bound => value <= bound);
                series.Buckets[bucket < 0 ? ^1 : bucket]++;
                series.Count++;
            }

            series.Value = adds ? series.Value + value : value;
        }

        return true;
    }

    /// <summary>Forgets the observed values of the last scrape, so that what is no longer there is no longer told.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _series.Clear();
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            if (_series.Count == 0)
            {
                return;
            }

            text.Append("# HELP ").Append(_name).Append(' ').Append(Escape(_help, quotes: false)).Append('\n');
            text.Append("# TYPE ").Append(_name).Append(' ').Append(Kind switch
            {
                PrometheusKind.Counter => "counter",
                PrometheusKind.Histogram => "histogram",
                _ => "gauge",
            }).Append('\n');
            foreach (PrometheusSeries series in _series.Values.OrderBy(static s => s.Labels, StringComparer.Ordinal))
            {
                if (Kind == PrometheusKind.Histogram)
                {
                    WriteHistogram(text, series);
                }
                else
                {
                    WriteSample(text, _name, series.Labels, series.Value);
                }
            }
        }
    }

    private void WriteHistogram(StringBuilder text, PrometheusSeries series)
    {
        long count = 0;
        string comma = series.Labels.Length == 0 ? "" : ",";
        for (int i = 0; i < _bounds.Length; i++)
        {
            count += series.Buckets[i];
            WriteSample(text, $"{_name}_bucket", $"{series.Labels}{comma}le=\"{Number(_bounds[i])}\"", count);
        }

        WriteSample(text, $"{_name}_bucket", $"{series.Labels}{comma}le=\"+Inf\"", series.Count);
        WriteSample(text, $"{_name}_sum", series.Labels, series.Value);
        WriteSample(text, $"{_name}_count", series.Labels, series.Count);
    }

    private static void WriteSample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" :
        double.IsNegativeInfinity(value) ? "-Inf" :
        double.IsNaN(value) ? "NaN" :
        value.ToString("R", CultureInfo.InvariantCulture);

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
        {
            return "";
        }

        // The same tags in another order are the same series.
        KeyValuePair<string, object?>[] sorted = tags.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        StringBuilder labels = new();
        foreach ((string name, object? value) in sorted)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Append(labels.Length == 0 ? "" : ",").Append(PrometheusName.Label(name)).Append("=\"").Append(Escape(text, quotes: true)).Append('"');
        }

        return labels.ToString();
    }

    private static string Escape(string text, bool quotes)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
