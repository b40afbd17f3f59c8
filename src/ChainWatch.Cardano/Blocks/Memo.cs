using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>
/// Reads the message that came with a transaction: metadata label 674 (CIP-20), lines of at most 64 bytes each under <c>msg</c>, in either way that servers write metadata. Anyone can write anything there.
/// </summary>
internal static class Memo
{
    /// <summary>More than fits into a transaction.</summary>
    private const int MostCharacters = 16 * 1024;

    /// <summary>Reads the message.</summary>
    /// <param name="json">The server's answer from the labels of the metadata on.</param>
    /// <returns>Its lines, with line breaks between them; <see langword="null"/> where there is none, or something else under the label.</returns>
    public static string? Read(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = int.MaxValue }));
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isMessage = reader.ValueTextEquals("674"u8);
            if (!reader.Read())
            {
                return null;
            }

            if (isMessage)
            {
                return ReadLabel(ref reader);
            }

            if (!reader.TrySkip())
            {
                return null;
            }
        }

        return null;
    }

    private static string? ReadLabel(ref Utf8JsonReader reader)
    {
        try
        {
            JsonElement label = JsonElement.ParseValue(ref reader);
            if (Property(label, "json") is not { } value || FindLines(value) is not { } lines)
            {
                return null;
            }

            // What no database can hold is no reference either.
            string text = string.Join('\n', lines).Replace("\0", "", StringComparison.Ordinal);
            return text.Length <= MostCharacters ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: no text.
            return null;
        }
    }

    private static List<string>? FindLines(JsonElement value)
    {
        if (Property(value, "msg") is { } plain)
        {
            return ReadLines(plain, static line => line);
        }

        // With types: a map is a list of keys and values, a text an object that says so.
        if (Property(value, "map") is not { ValueKind: JsonValueKind.Array } map)
        {
            return null;
        }

        foreach (JsonElement entry in map.EnumerateArray())
        {
            if (Property(entry, "k") is { } key && Property(key, "string") is { ValueKind: JsonValueKind.String } name && name.ValueEquals("msg") && Property(entry, "v") is { } lines)
            {
                return ReadLines(Property(lines, "list") ?? lines, static line => Property(line, "string"));
            }
        }

        return null;
    }

    private static List<string>? ReadLines(JsonElement lines, Func<JsonElement, JsonElement?> textOf)
    {
        List<string> texts = [];
        IEnumerable<JsonElement> all = lines.ValueKind == JsonValueKind.Array ? lines.EnumerateArray() : [lines];
        foreach (JsonElement line in all)
        {
            if (textOf(line) is { ValueKind: JsonValueKind.String } text)
            {
                texts.Add(text.GetString()!);
            }
        }

        return texts.Count > 0 ? texts : null;
    }

    private static JsonElement? Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;
}
