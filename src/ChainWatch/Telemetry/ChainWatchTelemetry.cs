namespace ChainWatch;

/// <summary>The names under which ChainWatch's telemetry is found.</summary>
public static class ChainWatchTelemetry
{
    /// <summary>The name of the meter of all instruments.</summary>
    public const string MeterName = "ChainWatch";

    /// <summary>The name of the activity source of all spans.</summary>
    public const string ActivitySourceName = "ChainWatch";
}
