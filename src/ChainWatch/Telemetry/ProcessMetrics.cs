using System.Diagnostics.Metrics;
using System.Reflection;

namespace ChainWatch;

/// <summary>The instruments of the process itself: what runs, since when, and how much room its disk has.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private readonly Meter _meter;

    /// <param name="time">The clock.</param>
    /// <param name="scope">The host's meter factory, so that several hosts in one process can be told apart.</param>
    public ProcessMetrics(TimeProvider time, object? scope = null)
    {
        double startedAt = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        string version = typeof(ProcessMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        KeyValuePair<string, object?> tag = new("version", version);
        _meter = new Meter(new MeterOptions(ChainWatchTelemetry.MeterName) { Scope = scope });
        _meter.CreateObservableGauge("chainwatch.build.info", () => new Measurement<int>(1, tag), unit: null, "Always 1; the version is in the label.");
        _meter.CreateObservableGauge("chainwatch.process.start.time", () => startedAt, "s", "When the host began, in seconds of Unix time: each change is a restart.");
        _meter.CreateObservableGauge("chainwatch.disk.free", static () => Disk(static drive => drive.AvailableFreeSpace), "By", "Free bytes where the process lives.");
        _meter.CreateObservableGauge("chainwatch.disk.total", static () => Disk(static drive => drive.TotalSize), "By", "All bytes where the process lives.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>No value where the platform does not tell: 0 bytes would look like a full disk.</summary>
    private static Measurement<long>[] Disk(Func<DriveInfo, long> read)
    {
        try
        {
            return [new Measurement<long>(read(new DriveInfo(AppContext.BaseDirectory)))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }
}
