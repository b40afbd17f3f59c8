using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChainWatch.Cardano.Tests;

/// <summary>The recorded answers, which are no part of the repository, and the vendor's client.</summary>
internal static class Recordings
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1 << 20 };

    /// <summary>The folder with the vendor's clients, which <c>eng/provision.sh</c> installs.</summary>
    public static string Clients => Path.Combine(Environment.GetEnvironmentVariable("CHAINWATCH_TOOLS") ?? Path.Combine(Root(), ".tools"), "clients");

    /// <summary>The recorded messages of a kind, by the name of their file.</summary>
    public static IEnumerable<(string Name, string Json)> Answers(string kind) =>
        Directory.GetFiles(Path.Combine(Folder(), "ogmios-vectors", kind), "*.json").Order(StringComparer.Ordinal).Select(static file => ($"{Path.GetFileName(Path.GetDirectoryName(file))}/{Path.GetFileName(file)}", File.ReadAllText(file)));

    /// <summary>Blocks and transactions of real networks in the form of version 6, each as a message.</summary>
    public static IEnumerable<(string Name, string Json)> Real()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Folder(), "ogmigo-recorded"), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string text = File.ReadAllText(file);
            JsonObject json = JsonNode.Parse(text, nodeOptions: null, Deep)!.AsObject();
            if (json["direction"] is not null)
            {
                yield return (Path.GetFileName(file), $"{{\"jsonrpc\":\"2.0\",\"result\":{text},\"id\":1}}");
            }
            else if (json["result"]?["direction"] is not null)
            {
                yield return (Path.GetFileName(file), text);
            }
            else if (json["spends"] is not null)
            {
                yield return (Path.GetFileName(file), Messages.Forward(Messages.Block(text)));
            }
        }
    }

    /// <summary>Runs one of the node scripts of this project.</summary>
    public static (int Code, string Output) RunNode(string script, params string[] arguments)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Clients, "node_modules", "@cardano-ogmios", "client")), "The vendor's client is not there; eng/provision.sh installs it.");
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

    private static string Folder()
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("CHAINWATCH_VECTORS") ?? Path.Combine(Root(), "..", "shared", "vectors"), "cardano");
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
