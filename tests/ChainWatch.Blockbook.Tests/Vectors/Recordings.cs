using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChainWatch.Blockbook.Tests;

/// <summary>The answers that Blockbook's own tests expect of it, and the folder of the vendor's client.</summary>
internal static class Recordings
{
    public static string Clients => Path.Combine(Environment.GetEnvironmentVariable("CHAINWATCH_TOOLS") ?? Path.Combine(Root(), ".tools"), "clients");

    /// <summary>Answers over WebSocket: name of the case, method, and the text of the answer.</summary>
    public static IReadOnlyList<(string Name, string Method, string Answer)> Socket =>
    [
        .. Directory.GetFiles(Path.Combine(Folder(), "ws-cases"), "*.json").Order(StringComparer.Ordinal).Select(static file =>
        {
            JsonNode one = JsonNode.Parse(File.ReadAllText(file))!;
            return (Name: Path.GetFileNameWithoutExtension(file), Method: (string)one["method"]!, Answer: (string)one["want"]!);
        }).Where(static one => Parse(one.Answer) is not null),
    ];

    /// <summary>Answers by HTTP.</summary>
    public static IReadOnlyList<JsonNode> Http =>
    [
        .. Directory.GetFiles(Path.Combine(Folder(), "rest-json"), "*.jsonl").Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines).Select(Parse).OfType<JsonNode>(),
    ];

    /// <summary>Runs one of the node scripts of this project.</summary>
    public static (int Code, string Output) RunNode(string script, params string[] arguments)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Clients, "node_modules", "blockbook-client")), "The vendor's client is not there; eng/provision.sh installs it.");
        ProcessStartInfo start = new("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Node", script), Clients, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using Timer limit = new(_ => process.Kill(), state: null, TimeSpan.FromMinutes(2), Timeout.InfiniteTimeSpan);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.GetAwaiter().GetResult());
    }

    private static JsonNode? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line);
        }
        catch (JsonException)
        {
            // Some of the texts were cut out of code, and end in the middle of it.
            return null;
        }
    }

    private static string Folder()
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("CHAINWATCH_VECTORS") ?? Path.Combine(Root(), "..", "shared", "vectors"), "blockbook");
        Assert.SkipUnless(Directory.Exists(folder), "The recorded answers are not there; CHAINWATCH_VECTORS names the folder that holds them.");
        return folder;
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
