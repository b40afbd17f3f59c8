using ChainWatch.Testing;

namespace ChainWatch.Bitcoin.Tests;

public sealed class TipFeedTests
{
    private static readonly ChainPoint Point = new(7, Hash256.Parse(new string('7', 64)));

    [Fact]
    public void Everybody_who_waits_is_woken_up_and_news_that_nobody_waited_for_is_kept()
    {
        Feed feed = new();
        feed.Scheduler.Run(async () =>
        {
            Task<ChainPoint?> first = feed.Tips.WaitAsync(CancellationToken.None).AsTask();
            Task<ChainPoint?> second = feed.Tips.WaitAsync(CancellationToken.None).AsTask();
            await feed.Listener.IsListeningAsync();
            feed.Listener.Announce!(Point);
            (await first).ShouldBe(Point);
            (await second).ShouldBe(Point);

            feed.Listener.Announce(null);
            (await feed.Tips.WaitAsync(CancellationToken.None)).ShouldBeNull();
            feed.Listener.Starts.ShouldBe(1);
            return true;
        });
    }

    [Fact]
    public void A_listener_that_fails_is_started_again_with_growing_waits()
    {
        Feed feed = new();
        feed.Scheduler.Run(async () =>
        {
            using CancellationTokenSource stop = new();
            Task<ChainPoint?> waiting = feed.Tips.WaitAsync(stop.Token).AsTask();
            for (int failure = 1; failure <= 4; failure++)
            {
                await feed.Listener.IsListeningAsync();
                feed.Listener.Starts.ShouldBe(failure);
                feed.Listener.Fail(new IOException("the other side closed the connection"));
            }

            await feed.Listener.IsListeningAsync();
            feed.Listener.Announce!(Point);
            (await waiting).ShouldBe(Point);
            return true;
        });
        (feed.Time.GetUtcNow() - feed.Began).TotalSeconds.ShouldBeInRange(7.5, 15);
        feed.Logs.Entries.Count(static entry => entry.EventId.Name == "TipFeedLost").ShouldBe(4);
    }

    [Fact]
    public async Task Nobody_listens_when_nobody_waits()
    {
        Feed feed = new();
        using CancellationTokenSource stop = new();
        Task<ChainPoint?> waiting = feed.Tips.WaitAsync(stop.Token).AsTask();
        await feed.Listener.IsListeningAsync();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        feed.Listener.IsCancelled.ShouldBeFalse("somebody may wait again in a moment");
        feed.Time.Advance(TimeSpan.FromMinutes(3));
        feed.Listener.IsCancelled.ShouldBeTrue();

        _ = feed.Tips.WaitAsync(CancellationToken.None).AsTask();
        await feed.Listener.IsListeningAsync();
        feed.Listener.Starts.ShouldBe(2);
    }

    private sealed class Feed
    {
        public Feed()
        {
            Began = Time.GetUtcNow();
            Scheduler = new DeterministicScheduler(Time);
            Tips = new TipFeed("bitcoin", [Listener], Time, Logs.CreateLogger("test"), seed: 3);
        }

        public ManualTimeProvider Time { get; } = new();

        public DateTimeOffset Began { get; }

        public DeterministicScheduler Scheduler { get; }

        public LogRecorder Logs { get; } = new();

        public FakeListener Listener { get; } = new();

        public TipFeed Tips { get; }
    }
}
