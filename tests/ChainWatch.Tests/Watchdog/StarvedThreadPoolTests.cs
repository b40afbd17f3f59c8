using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Runs alone: it takes the thread pool away from everything else in this process.</summary>
[Collection(nameof(StarvedThreadPoolTests))]
[CollectionDefinition(nameof(StarvedThreadPoolTests), DisableParallelization = true)]
public sealed class StarvedThreadPoolTests
{
    private const int Blockers = 200;

    [Fact]
    public void The_watchdog_looks_by_itself_while_the_thread_pool_is_starved()
    {
        ManualTimeProvider time = new();
        SimulatedChain chain = new(timeProvider: time);
        ChainWatchOptions options = new();
        ChainRegistration registration = new()
        {
            Chain = chain.Chain,
            Status = new ChainStatus(chain.Chain, time),
            Options = new ChainOptions(),
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
        };
        ChainWatchHealth health = new(new ChainRegistry(registration), StubStore.Create().Store, options, time);
        health.Started();
        registration.Status.Led(leading: true, term: 1);
        time.Advance(TimeSpan.FromMinutes(11));

        using ChainWatchMetrics metrics = new();
        using LogRecorder log = new();
        using StringWriter error = new();
        using ManualResetEventSlim release = new();
        using ManualResetEventSlim asked = new();
        using CountdownEvent blockers = new(Blockers);
        using (Watchdog watchdog = new(health, options.FailFast, metrics, (_, _) => asked.Set(), static _ => { }, error, time, log.CreateLogger("watchdog")))
        {
            for (int index = 0; index < Blockers; index++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    _ =>
                    {
                        release.Wait();
                        blockers.Signal();
                    },
                    state: null);
            }

            watchdog.Start();
            bool looked = asked.Wait(TimeSpan.FromSeconds(60));
            release.Set();
            blockers.Wait();
            looked.ShouldBeTrue();
        }
    }
}
