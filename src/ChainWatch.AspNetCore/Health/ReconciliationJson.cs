using System.Text.Json;

namespace ChainWatch.AspNetCore;

/// <summary>What the detailed health answer says of a chain's reconciliations: the one that runs, and what the last one came to.</summary>
internal static class ReconciliationJson
{
    public static void Write(Utf8JsonWriter json, ReconciliationStatus status)
    {
        if (status is { Running: null, Last: null })
        {
            return;
        }

        json.WriteStartObject("reconciliation");
        if (status.Running is { } running)
        {
            json.WriteStartObject("running");
            json.WriteNumber("id", running.Id);
            json.WriteNumber("addresses", running.Addresses);
            json.WriteNumber("done", running.Counts.Total);
            json.WriteEndObject();
        }

        if (status.Last is { } last)
        {
            ReconciliationCounts counts = last.Counts;
            json.WriteStartObject("last");
            json.WriteNumber("id", last.Id);
            if (last.EndedAt is { } ended)
            {
                json.WriteNumber("endedAt", ended.ToUnixTimeMilliseconds());
            }

            json.WriteNumber("matched", counts.Matched);
            json.WriteNumber("mismatched", counts.Mismatched);
            json.WriteNumber("missing", counts.Missing);
            json.WriteNumber("extra", counts.Extra);
            json.WriteNumber("unknown", counts.Unknown);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
