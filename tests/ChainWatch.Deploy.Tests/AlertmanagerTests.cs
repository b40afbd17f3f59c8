using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace ChainWatch.Deploy.Tests;

public sealed partial class AlertmanagerTests
{
    private static readonly string Configuration = Repository.PathOf("deploy", "alertmanager", "alertmanager.yml");

    [Fact]
    public async Task Amtool_accepts_the_configuration()
    {
        (int code, string said) = await Tool.RunAsync("amtool", "check-config", Configuration);
        code.ShouldBe(0, said);
    }

    [Theory]
    [InlineData("on-call,team", "severity=critical")]
    [InlineData("team", "severity=warning")]
    [InlineData("team")]
    [InlineData("dead-mans-switch", "severity=none", "alertname=ChainWatchDeadMansSwitch")]
    public async Task An_alert_goes_to_whom_its_severity_says(string receivers, params string[] labels)
    {
        (int code, string said) = await Tool.RunAsync("amtool", ["config", "routes", "test", $"--config.file={Configuration}", $"--verify.receivers={receivers}", "job=chainwatch", .. labels]);
        code.ShouldBe(0, said);
    }

    [Fact]
    public void Every_alert_and_label_that_it_names_exists()
    {
        YamlMappingNode file = Yaml.Read(Configuration).Single();
        HashSet<string> alerts = [.. AlertRule.All.Select(static alert => alert.Name)];
        AlertName().Matches(File.ReadAllText(Configuration)).Select(static match => match.Value).Where(name => !alerts.Contains(name)).ShouldBeEmpty();
        HashSet<string> labels = [.. Exposition.TargetLabels, .. Exposition.Metrics.Values.SelectMany(static names => names)];
        file.Items("inhibit_rules").SelectMany(static rule => rule.Items("equal")).Select(static label => label.ToString()).Except(labels).ShouldBeEmpty();
        file.Items("inhibit_rules").Count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public void Nothing_in_it_is_secret()
    {
        // What opens a door is a file; what stands here may be read by everybody.
        foreach (string line in File.ReadAllLines(Configuration))
        {
            Secret().IsMatch(line).ShouldBeFalse(line);
        }
    }

    // An alert that is only named by a pattern (ChainWatch.+) is none of its own.
    [GeneratedRegex(@"ChainWatch[A-Z]\w+")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"\b(routing_key|service_key|api_url|auth_password|password|credentials|bearer_token):")]
    private static partial Regex Secret();
}
