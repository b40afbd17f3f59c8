using System.Globalization;
using System.Text.Json;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>Recorded answers of real nodes and networks. They are not part of the repository; tests that need them are skipped where they are absent.</summary>
public static class VectorFiles
{
    /// <summary>A recorded file or folder.</summary>
    public static string PathOf(params string[] parts)
    {
        string path = Path.Combine([Root(), "bitcoin", .. parts]);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), "The recorded answers are not there; CHAINWATCH_VECTORS names the folder that holds them.");
        return path;
    }

    public static JsonElement Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.Clone();
    }

    /// <summary>Every exchange of a recording: method, parameters, result (absent after an error), HTTP status.</summary>
    public static IEnumerable<RecordedCall> Calls(string recording)
    {
        foreach (string line in File.ReadLines(PathOf("own-captures", recording)))
        {
            using JsonDocument exchange = JsonDocument.Parse(line);
            JsonElement request = exchange.RootElement.GetProperty("request");
            if (request.ValueKind == JsonValueKind.Object)
            {
                using JsonDocument answer = JsonDocument.Parse(exchange.RootElement.GetProperty("response_text").GetString()!);
                yield return new RecordedCall(
                    request.GetProperty("method").GetString()!,
                    request.GetProperty("params").Clone(),
                    exchange.RootElement.GetProperty("http").GetInt32(),
                    answer.RootElement.Clone(),
                    exchange.RootElement.GetProperty("response_text").GetString()!,
                    request.GetRawText());
            }
        }
    }

    /// <summary>All transactions that stand anywhere in a document with their own bytes.</summary>
    public static IEnumerable<JsonElement> TransactionsIn(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            if (element.TryGetProperty("hex", out _) && element.TryGetProperty("txid", out _) && element.TryGetProperty("vout", out JsonElement outputs) && outputs.ValueKind == JsonValueKind.Array)
            {
                yield return element;
                yield break;
            }

            foreach (JsonElement transaction in element.EnumerateObject().SelectMany(static property => TransactionsIn(property.Value)))
            {
                yield return transaction;
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement transaction in element.EnumerateArray().SelectMany(TransactionsIn))
            {
                yield return transaction;
            }
        }
    }

    /// <summary>An amount in whole coins, exactly, in the base unit.</summary>
    public static long Satoshis(JsonElement amount) => checked((long)(decimal.Parse(amount.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture) * 100_000_000m));

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
