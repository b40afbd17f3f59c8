using System.Diagnostics.Metrics;

namespace ChainWatch.Evm;

/// <summary>Counts answers that are right but not spelled as usual, so that reading them took several times as long. One provider's new spelling shows here.</summary>
internal static class ParsingMetrics
{
    public const string Block = "block";
    public const string Receipts = "receipts";
    public const string Logs = "logs";
    public const string Traces = "traces";

    private static readonly Meter Meter = new(new MeterOptions(ChainWatchTelemetry.MeterName));

    private static readonly Counter<long> Unusual =
        Meter.CreateCounter<long>("chainwatch.parse.fallbacks", "{answer}", "Answers in an unusual spelling, which were read the slow way.");

    public static void ReadWithCare(string answer) => Unusual.Add(1, new KeyValuePair<string, object?>("answer", answer));
}
