using System.Text.RegularExpressions;

namespace ChainWatch.Deploy.Tests;

/// <summary>
/// What a query asks for: its metrics, each with the labels that it is matched by, and the labels that it groups or joins by. It is no parser, and needs none: promtool says
/// whether a query is well formed.
/// </summary>
internal sealed partial class PromQuery
{
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "atan2", "inf", "nan", "start", "end",
    };

    public PromQuery(string text)
    {
        // Strings may hold anything: their places stay, their text goes.
        string plain = Strings().Replace(text, "\"\"");
        HashSet<string> grouping = new(StringComparer.Ordinal);
        plain = Grouping().Replace(plain, match =>
        {
            grouping.UnionWith(Names(match.Groups["labels"].Value));
            return " ";
        });
        GroupedBy = grouping;
        List<(string, IReadOnlyList<string>)> metrics = [];
        foreach (Match match in Identifier().Matches(plain))
        {
            string name = match.Groups["name"].Value;
            if (!Words.Contains(name) && !match.Groups["call"].Success)
            {
                metrics.Add((name, [.. Matcher().Matches(match.Groups["matchers"].Value).Select(static one => one.Groups["label"].Value)]));
            }
        }

        Metrics = metrics;
        Outcomes = [.. OutcomeMatcher().Matches(text).SelectMany(static one => one.Groups["values"].Value.Split('|'))];
    }

    /// <summary>The metrics, each with the labels in its braces.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Labels)> Metrics { get; }

    /// <summary>The labels in <c>by (…)</c>, <c>on (…)</c> and their kin.</summary>
    public IReadOnlySet<string> GroupedBy { get; }

    /// <summary>The values that the label <c>outcome</c> is compared with.</summary>
    public IReadOnlyList<string> Outcomes { get; }

    /// <summary>What the query names and /metrics does not have. <paramref name="recorded"/> are the metrics that recording rules make, with their labels.</summary>
    public IEnumerable<string> Unknown(IReadOnlyDictionary<string, IReadOnlySet<string>> recorded)
    {
        HashSet<string> labels = [.. Exposition.TargetLabels];
        foreach ((string name, IReadOnlyList<string> matched) in Metrics)
        {
            if (name is "up" or "ALERTS")
            {
                continue; // Prometheus's own
            }

            if (!Exposition.Metrics.TryGetValue(name, out IReadOnlySet<string>? known) && !recorded.TryGetValue(name, out known))
            {
                yield return $"there is no metric {name}";
                continue;
            }

            labels.UnionWith(known);
            foreach (string label in matched.Where(label => !known.Contains(label) && !Exposition.TargetLabels.Contains(label)))
            {
                yield return $"{name} has no label {label}";
            }
        }

        foreach (string label in GroupedBy.Where(label => !labels.Contains(label)))
        {
            yield return $"no metric of the query has a label {label}";
        }
    }

    private static string[] Names(string list) => list.Split([',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(""" "(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*' """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Strings();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"(?<![\w:.$\[])(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\s*(?<call>\()|\s*\{(?<matchers>[^}]*)\})?")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"(?<label>[a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Matcher();

    [GeneratedRegex("""outcome\s*(?:=~|!~|!=|=)\s*"(?<values>[a-z_|]*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex OutcomeMatcher();
}
