using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.AspNetCore.Tests;

public sealed class PrometheusCollectorTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly IMeterFactory _meters;
    private readonly Meter _meter;
    private readonly PrometheusCollector _collector;

    public PrometheusCollectorTests()
    {
        _meters = _services.GetRequiredService<IMeterFactory>();
        _meter = _meters.Create(ChainWatchTelemetry.MeterName);
        _collector = new PrometheusCollector(_meters, maxSeries: 3);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Counters_add_up_and_end_in_total()
    {
        Counter<long> counter = _meter.CreateCounter<long>("chainwatch.blocks", "{block}", "Blocks.");
        counter.Add(2, new KeyValuePair<string, object?>("chain", "b"));
        counter.Add(3, new KeyValuePair<string, object?>("chain", "a"));
        counter.Add(4, new KeyValuePair<string, object?>("chain", "b"));
        _collector.Scrape().ShouldBe("""
            # HELP chainwatch_blocks_total Blocks.
            # TYPE chainwatch_blocks_total counter
            chainwatch_blocks_total{chain="a"} 3
            chainwatch_blocks_total{chain="b"} 6

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Histograms_have_the_buckets_that_the_instrument_advises_and_their_unit()
    {
        Histogram<double> histogram = _meter.CreateHistogram("chainwatch.delivery.duration", "s", "Time.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        histogram.Record(0.25);
        histogram.Record(0.5);
        histogram.Record(0.75);
        histogram.Record(8);
        _collector.Scrape().ShouldBe("""
            # HELP chainwatch_delivery_duration_seconds Time.
            # TYPE chainwatch_delivery_duration_seconds histogram
            chainwatch_delivery_duration_seconds_bucket{le="0.5"} 2
            chainwatch_delivery_duration_seconds_bucket{le="1"} 3
            chainwatch_delivery_duration_seconds_bucket{le="+Inf"} 4
            chainwatch_delivery_duration_seconds_sum 9.5
            chainwatch_delivery_duration_seconds_count 4

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Observed_gauges_are_asked_at_each_scrape_and_forget_what_is_gone()
    {
        List<Measurement<long>> now = [new(1, new KeyValuePair<string, object?>("chain", "a")), new(2, new KeyValuePair<string, object?>("chain", "b"))];
        _meter.CreateObservableGauge("chainwatch.sync.height", () => now, "{block}", "Height.");
        Samples(_collector.Scrape()).ShouldBe(["chainwatch_sync_height{chain=\"a\"} 1", "chainwatch_sync_height{chain=\"b\"} 2"]);
        now = [new(3, new KeyValuePair<string, object?>("chain", "b"))];
        Samples(_collector.Scrape()).ShouldBe(["chainwatch_sync_height{chain=\"b\"} 3"]);
    }

    [Fact]
    public void An_observed_counter_is_a_whole_value_and_an_up_down_counter_a_gauge_of_differences()
    {
        long total = 5;
        _meter.CreateObservableCounter("chainwatch.reads", () => total, description: "Reads.");
        UpDownCounter<int> open = _meter.CreateUpDownCounter<int>("chainwatch.open", description: "Open.");
        open.Add(3);
        open.Add(-1);
        _collector.Scrape();
        total = 7;
        string text = _collector.Scrape();
        Samples(text).ShouldBe(["chainwatch_open 2", "chainwatch_reads_total 7"]);
        text.ShouldContain("# TYPE chainwatch_open gauge");
        text.ShouldContain("# TYPE chainwatch_reads_total counter");
    }

    [Fact]
    public void Labels_are_escaped_and_their_order_does_not_matter()
    {
        Gauge<double> gauge = _meter.CreateGauge<double>("chainwatch.x", description: "A \\ and\na line.");
        gauge.Record(1, new("reference.type", "a\"b\\c\nd"), new("chain", null));
        gauge.Record(double.NaN, new("chain", null), new("reference.type", "a\"b\\c\nd"));
        _collector.Scrape().ShouldBe(
            "# HELP chainwatch_x A \\\\ and\\na line.\n" +
            "# TYPE chainwatch_x gauge\n" +
            "chainwatch_x{chain=\"\",reference_type=\"a\\\"b\\\\c\\nd\"} NaN\n");
    }

    [Fact]
    public void Sets_of_labels_are_bounded_and_what_is_dropped_is_counted()
    {
        Counter<long> counter = _meter.CreateCounter<long>("chainwatch.events", description: "Events.");
        for (int i = 0; i < 10; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        counter.Add(1, new KeyValuePair<string, object?>("id", 0));
        Samples(_collector.Scrape()).ShouldBe(
            ["chainwatch_events_total{id=\"0\"} 2", "chainwatch_events_total{id=\"1\"} 1", "chainwatch_events_total{id=\"2\"} 1", "chainwatch_metrics_dropped_total 7"]);
    }

    [Fact]
    public void An_instrument_that_fails_does_not_hide_the_others()
    {
        _meter.CreateObservableGauge("chainwatch.broken", long () => throw new InvalidOperationException());
        _meter.CreateObservableGauge("chainwatch.sound", () => 1L, description: "Sound.");
        Samples(_collector.Scrape()).ShouldBe(["chainwatch_sound 1"]);
    }

    [Fact]
    public void Meters_of_other_hosts_and_of_other_libraries_are_not_heard()
    {
        using ServiceProvider others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        others.GetRequiredService<IMeterFactory>().Create(ChainWatchTelemetry.MeterName).CreateCounter<long>("chainwatch.other").Add(1);
        _meters.Create("Another").CreateCounter<long>("another").Add(1);
        Samples(_collector.Scrape()).ShouldBeEmpty();
    }

    private static List<string> Samples(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'))];
}
