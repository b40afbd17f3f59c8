using System.Text;
using System.Text.Json;

namespace ChainWatch.AspNetCore.Tests;

public sealed class ReconciliationJsonTests
{
    private static readonly ReconciliationRun Done = new()
    {
        Id = 4,
        Chain = "one",
        Request = new ReconciliationRequest(),
        State = ReconciliationState.Done,
        RequestedAt = DateTimeOffset.UnixEpoch,
        EndedAt = DateTimeOffset.FromUnixTimeMilliseconds(1234),
        Addresses = 9,
        Counts = new ReconciliationCounts().With(ReconciliationResult.Matched).With(ReconciliationResult.Missing),
    };

    [Fact]
    public void It_says_what_runs_and_what_the_last_one_came_to() => Write(new ReconciliationStatus { Last = Done, Running = Done with { Id = 5 } }).ShouldBe(
        """{"reconciliation":{"running":{"id":5,"addresses":9,"done":2},"last":{"id":4,"endedAt":1234,"matched":1,"mismatched":0,"missing":1,"extra":0,"unknown":0}}}""");

    [Fact]
    public void Where_there_was_none_it_says_nothing() => Write(new ReconciliationStatus()).ShouldBe("{}");

    private static string Write(ReconciliationStatus status)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            ReconciliationJson.Write(json, status);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
