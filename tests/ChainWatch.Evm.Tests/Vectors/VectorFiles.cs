using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>Recorded answers of real networks. They are not part of the repository; tests that need them are skipped where they are absent.</summary>
public static class VectorFiles
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 4096 };

    /// <summary>A folder of recorded answers.</summary>
    public static string Folder(string name)
    {
        string folder = Path.Combine(Root(), "evm", name);
        Assert.SkipUnless(Directory.Exists(folder), "The recorded answers are not there; CHAINWATCH_VECTORS names the folder that holds them.");
        return folder;
    }

    public static JsonNode Read(string path) => JsonNode.Parse(File.ReadAllText(path), documentOptions: Deep)!;

    /// <summary>The answer's result of a recorded exchange, as it was sent.</summary>
    public static byte[] Result(string folder, string path)
    {
        string line = File.ReadLines(Path.Combine(folder, path)).Last(static line => line.StartsWith("<< ", StringComparison.Ordinal));
        using JsonDocument answer = JsonDocument.Parse(line[3..]);
        return System.Text.Encoding.UTF8.GetBytes(answer.RootElement.GetProperty("result").GetRawText());
    }

    /// <summary>The results of all recorded exchanges of a method, none where the recordings are absent.</summary>
    public static IEnumerable<byte[]> ResultsIfThere(string name, string method)
    {
        string folder = Path.Combine(Root(), "evm", name);
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (string path in Directory.GetFiles(folder, "*.io", SearchOption.AllDirectories).Where(path => path.Contains(method, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            string line = File.ReadLines(path).Last(static line => line.StartsWith("<< ", StringComparison.Ordinal));
            using JsonDocument answer = JsonDocument.Parse(line[3..]);
            if (answer.RootElement.TryGetProperty("result", out JsonElement result) && result.ValueKind != JsonValueKind.Null)
            {
                yield return System.Text.Encoding.UTF8.GetBytes(result.GetRawText());
            }
        }
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("CHAINWATCH_VECTORS") is { Length: > 0 } named)
        {
            return named;
        }

        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ChainWatch.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.Parent?.FullName ?? "", "shared", "vectors");
    }
}
