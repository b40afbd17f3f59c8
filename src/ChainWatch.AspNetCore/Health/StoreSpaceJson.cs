using System.Text.Json;

namespace ChainWatch.AspNetCore;

/// <summary>Writes how much room the store takes and has.</summary>
internal static class StoreSpaceJson
{
    public static void Write(Utf8JsonWriter json, StoreSpace space)
    {
        json.WriteStartObject("store");
        json.WriteString("policy", space.Policy.ToString().ToLowerInvariant());
        if (space.Last is { } last)
        {
            json.WriteNumber("measuredAt", last.At.ToUnixTimeMilliseconds());
            json.WriteNumber("used", last.Size.Used);
            json.WriteNumber("size", last.Size.Allocated);
            json.WriteNumber("database", last.Size.Database);
        }

        WriteKnown(json, "free", space.Last?.Free);
        WriteKnown(json, "threshold", space.Threshold);
        WriteKnown(json, "target", space.Target);
        if (space.Reason is { } reason)
        {
            json.WriteString("reason", reason);
        }

        json.WriteEndObject();
    }

    private static void WriteKnown(Utf8JsonWriter json, string name, long? bytes)
    {
        if (bytes is { } known)
        {
            json.WriteNumber(name, known);
        }
    }
}
