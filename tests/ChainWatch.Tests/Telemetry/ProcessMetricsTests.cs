using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class ProcessMetricsTests
{
    [Fact]
    public void A_process_tells_its_version_its_start_and_the_room_on_its_disk()
    {
        object scope = new();
        ManualTimeProvider time = new();
        double startedAt = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        using ProcessMetrics metrics = new(time, scope);
        using MetricRecorder recorder = new(ChainWatchTelemetry.MeterName, scope);
        time.Advance(TimeSpan.FromHours(1));
        recorder.Observe();
        recorder.Of("chainwatch.build.info").ShouldHaveSingleItem().Tags["version"].ShouldBeOfType<string>().ShouldStartWith("0.");
        recorder.Last("chainwatch.process.start.time").ShouldBe(startedAt);
        double total = recorder.Last("chainwatch.disk.total")!.Value;
        total.ShouldBeGreaterThan(0);
        recorder.Last("chainwatch.disk.free")!.Value.ShouldBeInRange(0, total);
    }
}
