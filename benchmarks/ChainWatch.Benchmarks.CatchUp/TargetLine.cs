using System.Globalization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>The line that every benchmark prints for each of its results, and that <c>benchmarks/run.sh</c> collects.</summary>
internal static class TargetLine
{
    public static string Of(string number, string name, string bound, string ours, double ratio, string target) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {name} bound={bound} ours={ours} ratio={ratio:f2} target={target}");
}
