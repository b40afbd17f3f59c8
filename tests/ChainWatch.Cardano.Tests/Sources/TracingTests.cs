using System.Collections.Concurrent;
using System.Diagnostics;

namespace ChainWatch.Cardano.Tests;

/// <summary>A stream is traced as what other chains fetch is: each block that it gave is a fetch.</summary>
public sealed class TracingTests
{
    [Fact]
    public async Task Each_block_that_came_is_a_fetch_with_its_endpoint_and_how_long_it_was_waited_for()
    {
        // Other tests follow chains at the same time; heights tell this one's apart.
        const long First = 7_654_000;
        ConcurrentQueue<Activity> spans = new();
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == ChainWatchTelemetry.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        FakeBlock first = FakeBlock.First(First);
        List<FakeBlock> chain = [first, .. first.Grow(20, "main")];
        await using OgmiosServer server = await OgmiosServer.StartAsync(chain);
        await using Follow follow = new([server], startAt: First + 5);
        await follow.UntilAsync(() => follow.Idles > 1);
        Stopwatch quiet = Stopwatch.StartNew();
        int idles = follow.Idles;
        await follow.UntilAsync(() => follow.Idles > idles + 2);
        TimeSpan waited = quiet.Elapsed;
        List<FakeBlock> more = chain[^1].Grow(1, "more");
        server.Replace(more);
        await follow.UntilAsync(more[^1]);

        Activity[] fetches = [.. spans.Where(static span => span.OperationName == "chainwatch.fetch" && span.GetTagItem("chainwatch.block.from") is >= First and < First + 1000)];
        fetches.Select(static span => span.GetTagItem("chainwatch.block.from")).ShouldBe(follow.Told.Select(static point => (object?)point.Height));
        fetches.ShouldAllBe(static span =>
            Equals(span.GetTagItem("chainwatch.chain"), "cardano") && Equals(span.GetTagItem("chainwatch.endpoint"), "endpoint-1") && Equals(span.GetTagItem("chainwatch.block.count"), 1) &&
            Equals(span.GetTagItem("chainwatch.outcome"), "Found") && span.Kind == ActivityKind.Client);
        fetches[^1].Duration.ShouldBeGreaterThanOrEqualTo(waited * 0.9, "all questions for the tip between it and the one before belong to the wait");
        fetches[1].Duration.ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }
}
