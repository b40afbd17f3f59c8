using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Reports;

namespace ChainWatch.Benchmarks;

/// <summary>Tells the results of benchmarks that have a target in the form that <c>benchmarks/run.sh</c> collects.</summary>
internal static class TargetLines
{
    public static IEnumerable<string> Of(Summary summary)
    {
        foreach (var group in summary.Reports.Where(static report => report.ResultStatistics is not null).GroupBy(static report => (report.BenchmarkCase.Descriptor.Type, report.BenchmarkCase.Parameters.DisplayInfo)))
        {
            var bound = group.SingleOrDefault(static report => report.BenchmarkCase.Descriptor.Baseline)?.ResultStatistics?.Mean;
            foreach (var target in group.Key.Type.GetCustomAttributes<PerformanceTargetAttribute>())
            {
                var ours = group.SingleOrDefault(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == target.Method)?.ResultStatistics?.Mean;
                if (bound is { } of && ours is { } time)
                {
                    var parameters = group.Key.DisplayInfo.Trim('[', ']').Replace(", ", ",", StringComparison.Ordinal);
                    yield return string.Create(
                        CultureInfo.InvariantCulture,
                        $"{target.Number} {group.Key.Type.Name.Replace("Benchmarks", "", StringComparison.Ordinal)}.{target.Method}{(parameters.Length > 0 ? "," : "")}{parameters} bound={Text(of)} ours={Text(time)} ratio={(target.Speed ? of / time : time / of):f2} target={Text(target)}");
                }
            }
        }
    }

    private static string Text(PerformanceTargetAttribute target) =>
        double.IsNaN(target.Ratio) ? "-" : string.Create(CultureInfo.InvariantCulture, $"{(target.Speed ? ">=" : "<=")}{target.Ratio}");

    private static string Text(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:f2}ns"),
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:f1}us"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:f1}ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:f2}s"),
    };
}
