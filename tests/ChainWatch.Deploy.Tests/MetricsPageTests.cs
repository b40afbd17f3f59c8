using System.Text.RegularExpressions;

namespace ChainWatch.Deploy.Tests;

public sealed partial class MetricsPageTests
{
    [Fact]
    public void Each_line_names_the_metric_its_kind_and_its_labels_as_they_are()
    {
        List<string> wrong = [];
        foreach (Match line in Line().Matches(Repository.Read("docs", "metrics.md")))
        {
            string name = line.Groups["metric"].Value;
            string kind = line.Groups["kind"].Value;
            if (!Exposition.Text.Contains($"# TYPE {name} {kind}\n", StringComparison.Ordinal))
            {
                wrong.Add($"{name} is no {kind} of /metrics");
                continue;
            }

            IEnumerable<string> labels = Exposition.Metrics[kind == "histogram" ? $"{name}_count" : name];
            string told = string.Join(", ", Label().Matches(line.Groups["labels"].Value).Select(static match => match.Groups["name"].Value).Order(StringComparer.Ordinal));
            if (told != string.Join(", ", labels.Order(StringComparer.Ordinal)))
            {
                wrong.Add($"{name} has the labels {string.Join(", ", labels)}");
            }
        }

        wrong.ShouldBeEmpty();
        Line().Count(Repository.Read("docs", "metrics.md")).ShouldBeGreaterThan(30);
    }

    [GeneratedRegex(@"^\| `chainwatch\.[a-z.]+` \| `(?<metric>\w+)` \| (?<kind>\w+) \| (?<labels>[^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"`(?<name>\w+)`")]
    private static partial Regex Label();
}
