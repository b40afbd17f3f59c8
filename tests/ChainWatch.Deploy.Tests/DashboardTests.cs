using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

public sealed partial class DashboardTests
{
    private static readonly JsonElement Dashboard = JsonDocument.Parse(Repository.Read("deploy", "grafana", "chainwatch.json")).RootElement;

    [Fact]
    public void Every_metric_and_label_of_every_query_exists()
    {
        List<string> wrong = [];
        foreach ((string where, string query, string legend) in Queries())
        {
            PromQuery parsed = new(Filled(query));
            wrong.AddRange(parsed.Unknown(AlertRule.Recorded).Select(problem => $"{where}: {problem}"));
            wrong.AddRange(parsed.Outcomes.Except(Exposition.RequestOutcomes).Select(value => $"{where}: no request has the outcome {value}"));

            // What the legend names must be a label that is left after grouping, or it prints nothing.
            HashSet<string> labels = parsed.GroupedBy.Count > 0 && query.Contains(" by (", StringComparison.Ordinal)
                ? [.. parsed.GroupedBy]
                : [.. Exposition.TargetLabels, .. parsed.Metrics.Where(static one => Exposition.Metrics.ContainsKey(one.Name)).SelectMany(static one => Exposition.Metrics[one.Name])];
            wrong.AddRange(Legend().Matches(legend).Select(static match => match.Groups["label"].Value).Where(label => !labels.Contains(label)).Select(label => $"{where}: the legend names {label}"));
        }

        wrong.ShouldBeEmpty();
        Queries().Count().ShouldBeGreaterThan(40);
    }

    [Fact]
    public async Task Every_query_is_well_formed()
    {
        // promtool knows no dashboards, but every query may be a rule.
        StringBuilder rules = new("groups:\n- name: dashboard\n  rules:\n");
        int count = 0;
        foreach ((string where, string query, _) in Queries().Where(static one => one.Where != "templating"))
        {
            rules.Append("  # ").Append(where).Append('\n').Append("  - record: query_").Append(count++).Append("\n    expr: ").Append(JsonSerializer.Serialize(Filled(query))).Append('\n');
        }

        string file = Path.Combine(Directory.CreateTempSubdirectory("chainwatch-dashboard-").FullName, "queries.yml");
        await File.WriteAllTextAsync(file, rules.ToString(), TestContext.Current.CancellationToken);
        (int code, string said) = await Tool.RunAsync("promtool", "check", "rules", file);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        code.ShouldBe(0, said);
    }

    [Fact]
    public void Every_panel_says_what_it_shows_and_stands_in_a_place_of_its_own()
    {
        List<JsonElement> panels = [.. Dashboard.GetProperty("panels").EnumerateArray()];
        panels.Select(static panel => panel.GetProperty("id").GetInt32()).ShouldBeUnique();
        HashSet<(int, int)> taken = [];
        foreach (JsonElement panel in panels)
        {
            string title = panel.GetProperty("title").GetString()!;
            title.ShouldNotBeNullOrWhiteSpace();
            if (panel.GetProperty("type").GetString() != "row")
            {
                panel.GetProperty("description").GetString().ShouldNotBeNullOrWhiteSpace(title);
                panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString().ShouldNotBeNullOrEmpty(title);
                panel.GetProperty("targets").GetArrayLength().ShouldBeGreaterThan(0, title);
            }

            JsonElement place = panel.GetProperty("gridPos");
            for (int x = 0; x < place.GetProperty("w").GetInt32(); x++)
            {
                for (int y = 0; y < place.GetProperty("h").GetInt32(); y++)
                {
                    taken.Add((place.GetProperty("x").GetInt32() + x, place.GetProperty("y").GetInt32() + y)).ShouldBeTrue($"{title} covers another panel");
                }
            }

            (place.GetProperty("x").GetInt32() + place.GetProperty("w").GetInt32()).ShouldBeLessThanOrEqualTo(24, title);
        }

        panels.Where(static panel => panel.GetProperty("type").GetString() == "row").Select(static panel => panel.GetProperty("title").GetString())
            .ShouldBe(["Overview", "Chains", "Payments", "Delivery", "Endpoints", "Trust in endpoints", "Leadership", "Watchdog and processes", "The host's own interface"]);
    }

    [Fact]
    public void Every_variable_that_a_query_uses_is_declared()
    {
        HashSet<string> declared = [.. Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Select(static one => one.GetProperty("name").GetString()!), "__rate_interval", "__range"];
        Variable().Matches(Repository.Read("deploy", "grafana", "chainwatch.json")).Select(static match => match.Groups["name"].Value).Except(declared).ShouldBeEmpty();
    }

    [Fact]
    public void Grafana_finds_the_dashboard_and_Prometheus()
    {
        YamlNode provider = Yaml.Read(Repository.PathOf("deploy", "grafana", "provisioning", "dashboards", "chainwatch.yml")).Single();
        string folder = provider.Text("providers/0/options/path");
        Repository.Read("deploy", "compose", "compose.yaml").ShouldContain($"../grafana/chainwatch.json:{folder}/chainwatch.json:ro");
        Yaml.Read(Repository.PathOf("deploy", "grafana", "provisioning", "datasources", "prometheus.yml")).Single().Text("datasources/0/type").ShouldBe("prometheus");
    }

    private static IEnumerable<(string Where, string Query, string Legend)> Queries()
    {
        foreach (JsonElement panel in Dashboard.GetProperty("panels").EnumerateArray())
        {
            if (panel.TryGetProperty("targets", out JsonElement targets))
            {
                foreach (JsonElement target in targets.EnumerateArray())
                {
                    yield return (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!);
                }
            }
        }

        foreach (JsonElement annotation in Dashboard.GetProperty("annotations").GetProperty("list").EnumerateArray())
        {
            yield return (annotation.GetProperty("name").GetString()!, annotation.GetProperty("expr").GetString()!, annotation.GetProperty("titleFormat").GetString()!);
        }

        foreach (JsonElement variable in Dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Where(static one => one.GetProperty("type").GetString() == "query"))
        {
            Match values = LabelValues().Match(variable.GetProperty("definition").GetString()!);
            values.Success.ShouldBeTrue();
            yield return ("templating", $"count by ({values.Groups["label"].Value}) ({values.Groups["metric"].Value})", "");
        }
    }

    private static string Filled(string query) => query.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$__range", "6h", StringComparison.Ordinal);

    [GeneratedRegex(@"\{\{\s*(?<label>\w+)\s*\}\}")]
    private static partial Regex Legend();

    [GeneratedRegex(@"\$\{?(?<name>\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^label_values\((?<metric>.+), (?<label>\w+)\)$")]
    private static partial Regex LabelValues();
}
