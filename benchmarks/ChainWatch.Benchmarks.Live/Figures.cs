using System.Globalization;
using ChainWatch.Benchmarks.CatchUp;

namespace ChainWatch.Benchmarks.Live;

/// <summary>Figures of measurements, and the line that each target is told in.</summary>
internal static class Figures
{
    /// <summary>The value below which a part of the sample lies.</summary>
    public static double Quantile(IEnumerable<double> sample, double part)
    {
        double[] sorted = [.. sample.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
    }

    public static void Tell(string number, string name, string bound, string ours, double ratio, string target) =>
        Console.WriteLine(TargetLine.Of(number, name, bound, ours, ratio, target));

    public static string Milliseconds(double value) => value.ToString("f2", CultureInfo.InvariantCulture) + "ms";

    public static string Rate(double value) => value.ToString("f0", CultureInfo.InvariantCulture) + "/s";
}
