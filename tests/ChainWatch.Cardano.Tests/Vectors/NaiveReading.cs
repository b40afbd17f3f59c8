using System.Globalization;
using System.Text.Json;

namespace ChainWatch.Cardano.Tests;

/// <summary>
/// Reads a message as a tree, output by output, as somebody would who has the schema before him and all the time in the world: the judge of what the package finds. It shares no code with it.
/// </summary>
internal sealed class NaiveReading
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1 << 20 };

    /// <summary>The text of every address that an output went to.</summary>
    public HashSet<string> Addresses { get; } = new(StringComparer.Ordinal);

    /// <summary>Every token, as the digits of policy and name.</summary>
    public HashSet<string> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Every asset of every output: transaction, ordinal, address, asset, amount.</summary>
    public List<(string Address, string Line)> Lines { get; } = [];

    /// <summary>Reads a message; <see langword="null"/> where it is no block.</summary>
    public static NaiveReading? Of(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json, Deep);
        if (!document.RootElement.TryGetProperty("result", out JsonElement result) || !result.TryGetProperty("block", out JsonElement block))
        {
            return null;
        }

        NaiveReading reading = new();
        if (block.TryGetProperty("transactions", out JsonElement transactions))
        {
            foreach (JsonElement transaction in transactions.EnumerateArray())
            {
                reading.Take(transaction, isSub: false);
            }
        }

        return reading;
    }

    private void Take(JsonElement transaction, bool isSub)
    {
        JsonElement[] outputs = transaction.TryGetProperty("outputs", out JsonElement list) ? [.. list.EnumerateArray()] : [];
        string id = transaction.GetProperty("id").GetString()!.ToLowerInvariant();
        foreach (JsonElement output in outputs)
        {
            // Also of outputs that do not come about: looked for, they must not be found.
            Addresses.Add(output.GetProperty("address").GetString()!);
        }

        if (!isSub && transaction.GetProperty("spends").GetString() == "collaterals")
        {
            if (transaction.TryGetProperty("collateralReturn", out JsonElement returned))
            {
                TakeOutput(id, outputs.Length, returned);
            }

            return;
        }

        for (int index = 0; index < outputs.Length; index++)
        {
            TakeOutput(id, index, outputs[index]);
        }

        if (transaction.TryGetProperty("subTransactions", out JsonElement inside))
        {
            foreach (JsonElement one in inside.EnumerateArray())
            {
                Take(one, isSub: true);
            }
        }
    }

    private void TakeOutput(string id, int index, JsonElement output)
    {
        string address = output.GetProperty("address").GetString()!;
        Addresses.Add(address);
        SortedDictionary<string, string> tokens = new(StringComparer.Ordinal);
        foreach (JsonProperty policy in output.GetProperty("value").EnumerateObject())
        {
            foreach (JsonProperty asset in policy.Value.EnumerateObject())
            {
                if (policy.Name == "ada")
                {
                    Add(id, index, 0, address, "ADA", asset.Value.GetRawText());
                }
                else
                {
                    tokens.Add(policy.Name + asset.Name, asset.Value.GetRawText());
                }
            }
        }

        int place = 0;
        foreach ((string token, string amount) in tokens)
        {
            Tokens.Add(token);
            Add(id, index, ++place, address, token, amount);
        }
    }

    private void Add(string id, int index, int place, string address, string asset, string amount)
    {
        if (amount != "0")
        {
            Lines.Add((address, string.Create(CultureInfo.InvariantCulture, $"{id}/{((long)index << 16) | (uint)place} {address} {asset} {amount}")));
        }
    }
}
