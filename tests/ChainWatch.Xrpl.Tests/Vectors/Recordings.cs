using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ChainWatch.Xrpl.Tests;

/// <summary>Recorded transactions of real networks in the binary form that the vendor's codec gives them, and ledgers made of them by the vendor's client.</summary>
internal static class Recordings
{
    private static readonly Lazy<IReadOnlyList<JsonNode>> Lines = new(Load);

    /// <summary>The folder with the vendor's clients, which <c>eng/provision.sh</c> installs.</summary>
    public static string Clients => Path.Combine(Environment.GetEnvironmentVariable("CHAINWATCH_TOOLS") ?? Path.Combine(Root(), ".tools"), "clients");

    public static IEnumerable<JsonNode> Transactions => Lines.Value.Where(static line => line["type"] is not null && line["error"] is null);

    public static IEnumerable<JsonNode> Unreadable => Lines.Value.Where(static line => line["error"] is not null);

    public static IReadOnlyList<JsonNode> LedgerLines => [.. Lines.Value.Where(static line => line["header"] is not null)];

    public static IReadOnlyList<ServedLedger> Ledgers => [.. LedgerLines.Select(ServedLedger.Take)];

    /// <summary>Runs one of the node scripts of this project.</summary>
    public static (int Code, string Output) RunNode(string script, params string[] arguments)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Clients, "node_modules", "xrpl")), "The vendor's client is not there; eng/provision.sh installs it.");
        ProcessStartInfo start = new("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Node", script), Clients, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using Timer limit = new(_ => process.Kill(), state: null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.GetAwaiter().GetResult());
    }

    private static List<JsonNode> Load()
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("CHAINWATCH_VECTORS") ?? Path.Combine(Root(), "..", "shared", "vectors"), "xrpl");
        Assert.SkipUnless(Directory.Exists(folder), "The recorded answers are not there; CHAINWATCH_VECTORS names the folder that holds them.");
        (int code, string output) = RunNode("recorded.mjs", folder);
        code.ShouldBe(0, output);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!)];
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ChainWatch.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? "";
    }
}
