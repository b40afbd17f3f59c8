using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Testing;

public sealed class RecorderTests
{
    [Fact]
    public void Metrics_are_found_by_name_and_tag()
    {
        using Meter meter = new("recorder-test");
        using MetricRecorder recorder = new("recorder-test");
        Counter<long> counter = meter.CreateCounter<long>("blocks");
        Gauge<int> gauge = meter.CreateGauge<int>("height");
        meter.CreateObservableGauge("lag", static () => 7L);

        counter.Add(2, new KeyValuePair<string, object?>("chain", "a"));
        counter.Add(3, new KeyValuePair<string, object?>("chain", "b"));
        counter.Add(4, new KeyValuePair<string, object?>("chain", "a"));
        gauge.Record(10);
        gauge.Record(11);
        recorder.Observe();

        recorder.Sum("blocks").ShouldBe(9);
        recorder.Sum("blocks", ("chain", "a")).ShouldBe(6);
        recorder.Last("height").ShouldBe(11);
        recorder.Last("lag").ShouldBe(7);
        recorder.Last("nothing").ShouldBeNull();
    }

    [Fact]
    public void Measurements_of_other_meters_are_left_alone()
    {
        using Meter other = new("recorder-other");
        using MetricRecorder recorder = new("recorder-mine");

        other.CreateCounter<long>("blocks").Add(1);

        recorder.Measurements.ShouldBeEmpty();
    }

    [Fact]
    public void Logs_are_kept_with_event_level_values_and_exception()
    {
        using LogRecorder recorder = new(LogLevel.Information, capacity: 2);
        ILogger logger = recorder.CreateLogger("here");

        logger.LogDebug("too quiet");
        logger.Log(LogLevel.Warning, new EventId(3, "Rollback"), "back to {Height}", 12);
        logger.LogError(new FormatException("why"), "failed");
        logger.LogInformation("pushes the oldest out");

        recorder.Entries.Count.ShouldBe(2);
        recorder.Of("Rollback").ShouldBeEmpty();
        recorder.Entries[0].Exception.ShouldBeOfType<FormatException>();
        recorder.Entries[0].Category.ShouldBe("here");
    }
}
