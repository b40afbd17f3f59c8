using System.Text;

namespace ChainWatch.AspNetCore;

/// <summary>Turns OpenTelemetry's names into those of Prometheus: dots become '_', the unit and, for counters, <c>_total</c> are appended.</summary>
internal static class PrometheusName
{
    public static string Metric(string name, string? unit, bool counter)
    {
        string result = Sanitize(name);
        string? suffix = unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "us" => "microseconds",
            "ns" => "nanoseconds",
            "min" => "minutes",
            "h" => "hours",
            "d" => "days",
            "By" => "bytes",
            "%" => "percent",

            // "1" is a plain number, and what stands in braces, like {block}, says what is counted: neither is a unit of measure.
            _ => null,
        };
        if (suffix is not null && !result.EndsWith($"_{suffix}", StringComparison.Ordinal))
        {
            result = $"{result}_{suffix}";
        }

        return counter && !result.EndsWith("_total", StringComparison.Ordinal) ? $"{result}_total" : result;
    }

    public static string Label(string name) => Sanitize(name);

    private static string Sanitize(string name)
    {
        StringBuilder result = new(name.Length);
        foreach (char c in name)
        {
            bool allowed = char.IsAsciiLetter(c) || c == '_' || (char.IsAsciiDigit(c) && result.Length > 0);
            result.Append(allowed ? c : '_');
        }

        return result.ToString();
    }
}
