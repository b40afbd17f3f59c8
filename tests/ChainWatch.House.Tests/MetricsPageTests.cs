using System.Text.RegularExpressions;

namespace ChainWatch.House.Tests;

/// <summary>docs/metrics.md tells every instrument.</summary>
public sealed partial class MetricsPageTests
{
    [Fact]
    public void Every_instrument_has_a_line_and_every_line_an_instrument()
    {
        string[] created = [.. Repository.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(file => Created().Matches(File.ReadAllText(Repository.PathOf(file))).Select(match => match.Groups["name"].Value))
            .Distinct(StringComparer.Ordinal)];
        string[] told = [.. Told().Matches(File.ReadAllText(Repository.PathOf("docs/metrics.md"))).Select(match => match.Groups["name"].Value)];
        created.Except(told, StringComparer.Ordinal).ShouldBeEmpty("docs/metrics.md has no line for these instruments");
        told.Except(created, StringComparer.Ordinal).ShouldBeEmpty("docs/metrics.md tells of instruments that are not there");
        told.ShouldBeUnique();
    }

    [GeneratedRegex("""\.Create(?:Counter|Histogram|Gauge|UpDownCounter|Observable\w+)(?:<\w+>)?\(\s*"(?<name>chainwatch\.[a-z.]+)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Created();

    [GeneratedRegex(@"^\| `(?<name>chainwatch\.[a-z.]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Told();
}
