using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>I8, with the thread pool starved: these run alone, since whatever runs beside them would stand still too.</summary>
[Collection(nameof(AloneCollection))]
public sealed class WatchdogAloneTests
{
    private const int Blockers = 500;

    [Fact]
    public void It_looks_by_itself_while_the_thread_pool_is_starved()
    {
        ManualTimeProvider time = new();
        SimulatedChain chain = new(timeProvider: time);
        ChainRegistration registration = new()
        {
            Chain = chain.Chain,
            Status = new ChainStatus(chain.Chain, time),
            Options = new ChainOptions { EventTimeout = TimeSpan.FromSeconds(60) },
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
        };
        registration.Status.ReadEndpointsFrom(static () => [new EndpointStanding { Name = "alpha", Up = true, Rank = 1, Head = 7 }, new EndpointStanding { Name = "beta", Up = true, Rank = 2, Head = 9 }]);
        ChainWatchOptions options = new();
        ChainWatchHealth health = new(new ChainRegistry(registration), StubStore.Create().Store, options, time);
        health.Started();
        using ChainWatchMetrics metrics = new();
        using LogRecorder log = new();
        using StringWriter error = new();
        using ManualResetEventSlim asked = new();
        using WatchdogVoice voice = new();
        using Watchdog watchdog = new(health, options.FailFast, metrics, (_, _) => asked.Set(), static _ => { }, error, time, log.CreateLogger("watchdog"), voice.Say);
        registration.Status.Led(leading: true, term: 1);
        registration.Status.SawHead(new ChainPoint(7, default));
        time.Advance(TimeSpan.FromMinutes(11));

        using ManualResetEventSlim release = new();
        using CountdownEvent blocked = new(Blockers);
        try
        {
            for (int index = 0; index < Blockers; index++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    static work =>
                    {
                        work.release.Wait();
                        work.blocked.Signal();
                    },
                    (release, blocked),
                    preferLocal: false);
            }

            watchdog.Start();
            asked.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();

            // The verdict needs what the endpoints say, and does not need the thread pool to have it.
            error.ToString().ShouldContain("Failing, dead_feed");
            error.ToString().ShouldContain("endpoint 'beta' is at height 9, while what is read stays at 7");
            log.Of("FeedSilent").ShouldHaveSingleItem();
        }
        finally
        {
            // What still waits must not find the gate gone.
            release.Set();
            blocked.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        }
    }
}
