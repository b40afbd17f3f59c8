using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

public sealed partial class PrometheusTests
{
    [Fact]
    public async Task Promtool_finds_nothing_to_say_about_the_rules()
    {
        (int code, string said) = await Tool.RunAsync("promtool", "check", "rules", "--lint=all", "--lint-fatal", "deploy/prometheus/chainwatch.rules.yml");
        code.ShouldBe(0, said);
    }

    [Fact]
    public async Task The_configuration_is_valid_and_finds_its_rules()
    {
        (int code, string said) = await Tool.RunAsync("promtool", "check", "config", "deploy/prometheus/prometheus.yml");
        code.ShouldBe(0, said);
        said.ShouldContain("chainwatch.rules.yml");
    }

    [Fact]
    public async Task The_rules_tests_pass()
    {
        (int code, string said) = await Tool.RunAsync("promtool", ["test", "rules", .. Repository.List("deploy/prometheus/tests", "*.yml")]);
        code.ShouldBe(0, said);
    }

    [Fact]
    public void Every_alert_has_a_case_that_fires_and_one_that_does_not()
    {
        List<(string Alert, bool Fires)> cases =
        [
            .. from file in Repository.List("deploy/prometheus/tests", "*.yml")
               from test in Yaml.Read(file).Single().Items("tests")
               from check in test.Items("alert_rule_test")
               select (check.Text("alertname"), check.Items("exp_alerts").Count > 0),
        ];
        foreach (AlertRule alert in AlertRule.All)
        {
            cases.ShouldContain((alert.Name, true), $"nothing shows that {alert.Name} fires");
            cases.ShouldContain((alert.Name, false), $"nothing shows when {alert.Name} does not fire");
        }

        // A test of an alert that is not there would pass for ever, as long as it expects nothing.
        cases.Select(static one => one.Alert).Except(AlertRule.All.Select(static alert => alert.Name), StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void Every_metric_and_label_of_a_rule_exists()
    {
        IEnumerable<string> wrong = from alert in AlertRule.All
                                    let query = new PromQuery(alert.Expression)
                                    from problem in query.Unknown(AlertRule.Recorded).Concat(query.Outcomes.Except(Exposition.RequestOutcomes).Select(value => $"no request has the outcome {value}"))
                                    select $"{alert.Name}: {problem}";
        wrong.ShouldBeEmpty();
        AlertRule.All.Count.ShouldBeGreaterThan(30);
    }

    [Fact]
    public void Every_alert_says_how_bad_it_is_what_it_is_about_and_where_its_runbook_is()
    {
        foreach (AlertRule alert in AlertRule.All)
        {
            alert.Severity.ShouldBeOneOf("critical", "warning", "none");
            alert.Annotations.Keys.ShouldBe(["summary", "description", "runbook_url"], ignoreOrder: true, alert.Name);
            alert.Annotations["description"].ShouldContain("{{ $labels.", customMessage: alert.Name);
            alert.Annotations["runbook_url"].ShouldBe($"https://runbooks.example/docs/runbooks/{alert.Name}.md");
        }

        AlertRule.All.Select(static alert => alert.Name).ShouldBeUnique();
    }

    [Fact]
    public void A_description_names_only_labels_that_the_alert_has()
    {
        // What is missing would be printed as nothing, in the middle of the night. The tests of the rules show the texts with every label in place.
        foreach (YamlNode alert in from file in Repository.List("deploy/prometheus/tests", "*.yml")
                                   from test in Yaml.Read(file).Single().Items("tests")
                                   from check in test.Items("alert_rule_test")
                                   from expected in check.Items("exp_alerts")
                                   select expected)
        {
            HashSet<string> labels = [.. alert.Pairs("exp_labels").Select(static pair => pair.Key)];
            string description = AlertRule.All.Single(rule => rule.Name == alert.Text("exp_labels/alertname")).Annotations["description"];
            LabelInTemplate().Matches(description).Select(static match => match.Groups["name"].Value).Except(labels).ShouldBeEmpty(description);
            alert.Text("exp_annotations/description").ShouldNotContain("error expanding template");
        }
    }

    [Theory]
    [InlineData("sum by (job, nonsense) (rate(chainwatch_blocks_total[5m]))", "no metric of the query has a label nonsense")]
    [InlineData("chainwatch_blocks{chain=\"a\"} > 1", "there is no metric chainwatch_blocks")]
    [InlineData("rate(chainwatch_blocks_total{endpoint=~\"a|b\"}[5m])", "chainwatch_blocks_total has no label endpoint")]
    [InlineData("chainwatch_sync_lag and on (job, chains) chainwatch_sync_height offset 5m", "no metric of the query has a label chains")]
    public void A_query_with_a_name_that_does_not_exist_is_found_out(string query, string problem) =>
        new PromQuery(query).Unknown(AlertRule.Recorded).ShouldBe([problem]);

    [GeneratedRegex(@"\$labels\.(?<name>\w+)")]
    private static partial Regex LabelInTemplate();
}
