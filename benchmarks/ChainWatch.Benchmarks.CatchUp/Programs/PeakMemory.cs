using System.Globalization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>The most memory that this process ever had in use.</summary>
internal static class PeakMemory
{
    public static double Megabytes() => File.ReadLines("/proc/self/status")
        .Where(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(static line => double.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024)
        .Single();
}
