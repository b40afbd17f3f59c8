using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

/// <summary>One alert of deploy/prometheus/chainwatch.rules.yml.</summary>
internal sealed record AlertRule(string Name, string Expression, string Severity, IReadOnlyDictionary<string, string> Annotations)
{
    private static readonly Lazy<YamlMappingNode> File = new(() => Yaml.Read(Repository.PathOf("deploy", "prometheus", "chainwatch.rules.yml")).Single());

    /// <summary>All alerts, in the order of the file.</summary>
    public static IReadOnlyList<AlertRule> All { get; } = [.. Rules().Where(static rule => rule.At("alert") is not null).Select(static rule => new AlertRule(
        rule.Text("alert"),
        rule.Text("expr"),
        rule.Text("labels/severity"),
        rule.Pairs("annotations").ToDictionary(static pair => pair.Key, static pair => pair.Value.ToString(), StringComparer.Ordinal)))];

    /// <summary>The labels of the metrics that recording rules make.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> Recorded { get; } = Rules().Where(static rule => rule.At("record") is not null)
        .GroupBy(static rule => rule.Text("record"), StringComparer.Ordinal)
        .ToDictionary(
            static group => group.Key,
            static group => (IReadOnlySet<string>)group.SelectMany(static rule => rule.Pairs("labels")).Select(static pair => pair.Key).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);

    private static IEnumerable<YamlNode> Rules() => File.Value.Items("groups").SelectMany(static group => group.Items("rules"));
}
