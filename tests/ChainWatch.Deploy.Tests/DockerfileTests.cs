using System.Text.RegularExpressions;

namespace ChainWatch.Deploy.Tests;

public sealed partial class DockerfileTests
{
    private static readonly IReadOnlyList<(string Word, string Text)> Instructions = Read();

    [Fact]
    public void What_it_copies_is_there_and_not_ignored()
    {
        string[] ignored = File.ReadAllLines(Repository.PathOf("deploy", "docker", "Dockerfile.dockerignore"));
        foreach (string source in Instructions.Where(static one => one.Word == "COPY" && !one.Text.StartsWith("--from", StringComparison.Ordinal)).SelectMany(static one => one.Text.Split(' ')[..^1]))
        {
            string path = Repository.PathOf(source.TrimEnd('/').Split('/'));
            (File.Exists(path) || Directory.Exists(path)).ShouldBeTrue($"there is no {source}");
            ignored.Where(static line => line.StartsWith('!')).Select(static line => line[1..])
                .Any(kept => source.TrimEnd('/') == kept || source.StartsWith($"{kept}/", StringComparison.Ordinal)).ShouldBeTrue($"{source} is ignored");
        }
    }

    [Fact]
    public void Every_project_that_the_monitor_needs_is_restored_first()
    {
        string[] needed = [.. ReferencesOf("samples/DepositMonitor/DepositMonitor.csproj").Order(StringComparer.Ordinal)];
        needed.Length.ShouldBeGreaterThan(5);
        IEnumerable<string> before = Instructions.TakeWhile(static one => one.Word != "RUN").Where(static one => one.Word == "COPY").SelectMany(static one => one.Text.Split(' ')[..^1]);
        before.Where(static source => source.EndsWith(".csproj", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ShouldBe([.. needed, "samples/DepositMonitor/DepositMonitor.csproj"], ignoreOrder: true);
    }

    [Fact]
    public void It_restores_what_it_publishes()
    {
        string[] commands = [.. Instructions.Where(static one => one.Word == "RUN").Select(static one => one.Text)];
        commands.Length.ShouldBe(2);
        PublishOption().Count(commands[1]).ShouldBe(3);
        foreach (Match option in PublishOption().Matches(commands[1]))
        {
            commands[0].ShouldContain(option.Value, Case.Sensitive, "what is published for another machine, or compiled, needs packages that were restored for it");
        }
    }

    [Fact]
    public void It_is_built_in_stages_and_runs_without_root()
    {
        List<string> images = [.. Instructions.Where(static one => one.Word == "FROM").Select(static one => one.Text)];
        images.Count.ShouldBeGreaterThan(1);
        images.ShouldAllBe(static image => image.Contains(':') && !image.Contains(":latest"));
        Instructions.Last(static one => one.Word == "USER").Text.ShouldBe("$APP_UID");
        Instructions.SkipWhile(static one => one.Word != "USER").ShouldNotContain(static one => one.Word == "RUN" || one.Word == "COPY");
    }

    [Fact]
    public void The_health_check_is_the_program_itself_at_the_agreed_pace()
    {
        string check = Instructions.Single(static one => one.Word == "HEALTHCHECK").Text;
        check.ShouldBe("--interval=30s --timeout=10s --retries=3 --start-period=60s CMD [\"./DepositMonitor\", \"--health\"]");
        Instructions.Single(static one => one.Word == "ENTRYPOINT").Text.ShouldBe("[\"./DepositMonitor\"]");
    }

    /// <summary>The value that the image gives to an environment variable.</summary>
    public static string Environment(string name) =>
        Regex.Match(Instructions.Single(static one => one.Word == "ENV").Text, $@"\b{name}=(?<value>\S+)").Groups["value"].Value;

    private static List<(string, string)> Read()
    {
        string text = Repository.Read("deploy", "docker", "Dockerfile").Replace("\\\n", " ", StringComparison.Ordinal);
        return
        [
            .. text.Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0 && !line.StartsWith('#'))
                .Select(static line => (line.Split(' ')[0], Blanks().Replace(line[line.IndexOf(' ')..].Trim(), " "))),
        ];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    private static HashSet<string> ReferencesOf(string project)
    {
        HashSet<string> all = new(StringComparer.Ordinal);
        foreach (Match reference in Reference().Matches(Repository.Read(project.Split('/'))))
        {
            string folder = Path.GetDirectoryName(Repository.PathOf(project.Split('/')))!;
            string path = Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(folder, reference.Groups["path"].Value))).Replace('\\', '/');
            all.Add(path);
            all.UnionWith(ReferencesOf(path));
        }

        return all;
    }

    [GeneratedRegex("<ProjectReference Include=\"(?<path>[^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex(@"-a \S+|-p:(SelfContained|PublishReadyToRun)=true")]
    private static partial Regex PublishOption();
}
