using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChainWatch.Postgres;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Deploy.Tests;

/// <summary>Pages that somebody reads at night: what they say to type must work.</summary>
public sealed partial class RunbookTests
{
    private static readonly IReadOnlyList<string> Pages = [.. Repository.List("docs/runbooks", "*.md"), .. Repository.List("docs/operations", "*.md")];

    [Fact]
    public void Every_alert_has_a_runbook_and_every_runbook_an_alert()
    {
        IEnumerable<string> pages = Repository.List("docs/runbooks", "*.md").Select(static file => Path.GetFileNameWithoutExtension(file)).Where(static name => name != "README");
        pages.ShouldBe(AlertRule.All.Select(static alert => alert.Name), ignoreOrder: true);
        string index = Repository.Read("docs", "runbooks", "README.md");
        foreach (AlertRule alert in AlertRule.All)
        {
            index.ShouldContain($"| [{alert.Name}]({alert.Name}.md) | {alert.Severity} | {alert.Annotations["summary"]} |");
        }
    }

    [Fact]
    public void A_runbook_goes_from_symptom_to_proof()
    {
        foreach (AlertRule alert in AlertRule.All)
        {
            string page = Repository.Read("docs", "runbooks", $"{alert.Name}.md");
            page.ShouldStartWith($"# {alert.Name}\n\n**{alert.Annotations["summary"]}** · {alert.Severity}");
            string[] sections = ["## Symptom\n\n", "## Check\n\n", "## Decide\n\n", "## Act\n\n", "## Verify\n\n"];
            int[] places = [.. sections.Select(section => page.IndexOf(section, StringComparison.Ordinal))];
            places.ShouldAllBe(static place => place > 0, alert.Name);
            places.ShouldBeInOrder(SortDirection.Ascending, alert.Name);
            foreach ((int place, string section) in places.Zip(sections))
            {
                int end = page.IndexOf("\n## ", place + 1, StringComparison.Ordinal);
                (end < 0 ? page[place..] : page[place..end])[section.Length..].Trim().Length.ShouldBeGreaterThan(20, $"{alert.Name}: {section}");
            }
        }
    }

    [Fact]
    public async Task Every_query_of_Prometheus_is_well_formed_and_asks_for_what_exists()
    {
        StringBuilder rules = new("groups:\n- name: pages\n  rules:\n");
        List<string> wrong = [];
        List<(string Page, string Text)> queries = Blocks("promql");
        for (int i = 0; i < queries.Count; i++)
        {
            (string page, string text) = queries[i];
            PromQuery query = new(text);
            wrong.AddRange(query.Unknown(AlertRule.Recorded).Concat(query.Outcomes.Except(Exposition.RequestOutcomes)).Select(problem => $"{page}: {problem} in {text}"));
            rules.Append(CultureInfo.InvariantCulture, $"  # {page}\n  - record: query_{i}\n    expr: {JsonSerializer.Serialize(text)}\n");
        }

        wrong.ShouldBeEmpty();
        queries.Count.ShouldBeGreaterThan(50);
        string file = Path.Combine(Directory.CreateTempSubdirectory("chainwatch-runbooks-").FullName, "queries.yml");
        await File.WriteAllTextAsync(file, rules.ToString(), TestContext.Current.CancellationToken);
        (int code, string said) = await Tool.RunAsync("promtool", "check", "rules", file);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        code.ShouldBe(0, said);
    }

    [Fact]
    public async Task Every_statement_runs_on_the_tables_as_they_are()
    {
        await using PostgresServer server = await PostgresServer.StartNewAsync(new PostgresServerOptions { Fsync = false }, TestContext.Current.CancellationToken);
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(server.ConnectionString);
        PostgresWatchStore store = new(database, "chainwatch", TimeSpan.FromSeconds(4), TimeProvider.System);
        await store.InitializeAsync(TestContext.Current.CancellationToken);
        List<(string Page, string Text)> statements = Blocks("sql");
        foreach ((string page, string text) in statements)
        {
            // Planned, not run: what a page changes stays as it is.
            await using NpgsqlCommand command = database.CreateCommand($"explain {text.TrimEnd().TrimEnd(';')}");
            try
            {
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
            catch (PostgresException exception)
            {
                Assert.Fail($"{page}: {exception.MessageText} in {text}");
            }
        }

        statements.Count.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Every_log_event_that_a_page_asks_for_exists()
    {
        HashSet<int> events = [.. Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(static file => EventId().Matches(File.ReadAllText(file))).Select(static match => int.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture))];
        foreach (string page in Pages)
        {
            foreach (Match one in AskedEvent().Matches(File.ReadAllText(page)))
            {
                events.ShouldContain(int.Parse(one.Groups["id"].Value, CultureInfo.InvariantCulture), page);
            }
        }
    }

    [Fact]
    public void Every_link_leads_somewhere()
    {
        List<string> broken = [];
        foreach (string page in (string[])[.. Pages, Repository.PathOf("docs", "metrics.md"), Repository.PathOf("deploy", "README.md")])
        {
            broken.AddRange(Link().Matches(File.ReadAllText(page)).Select(static match => match.Groups["path"].Value)
                .Where(path => !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, path))).Select(path => $"{Path.GetFileName(page)}: {path}"));
        }

        broken.ShouldBeEmpty();
    }

    private static List<(string Page, string Text)> Blocks(string language) =>
    [
        .. from page in Pages
           from Match block in Regex.Matches(File.ReadAllText(page), $@"^(?<indent> *)```{language}\n(?<text>.*?)^\k<indent>```", RegexOptions.Multiline | RegexOptions.Singleline)
           select (Path.GetFileName(page), block.Groups["text"].Value),
    ];

    [GeneratedRegex(@"\bEventId = (?<id>\d+)")]
    private static partial Regex EventId();

    [GeneratedRegex(@"\bEventId == (?<id>\d+)|\bevents? (?<id>\d{4})\b|\((?<id>[1-7]\d{3})\)")]
    private static partial Regex AskedEvent();

    [GeneratedRegex(@"\]\((?!https?:)(?<path>[^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
