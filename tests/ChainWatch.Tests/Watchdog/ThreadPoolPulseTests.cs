using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>I8, of the process itself: a thread pool that runs nothing is seen by the watchdog's own looks, whoever leads.</summary>
public sealed class ThreadPoolPulseTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly Queue<Action> _pool = new();
    private readonly StringWriter _error = new();
    private readonly List<int> _requested = [];
    private readonly ChainWatchOptions _options = new();
    private readonly ChainWatchMetrics _metrics = new();
    private readonly LogRecorder _log = new();
    private readonly ChainRegistration _chain;
    private readonly ChainWatchHealth _health;
    private readonly Watchdog _watchdog;

    public ThreadPoolPulseTests()
    {
        SimulatedChain chain = new(timeProvider: _time);
        _chain = new ChainRegistration
        {
            Chain = chain.Chain,
            Status = new ChainStatus(chain.Chain, _time),
            Options = new ChainOptions { EventTimeout = TimeSpan.FromSeconds(60) },
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
        };
        _health = new ChainWatchHealth(new ChainRegistry(_chain), StubStore.Create().Store, _options, _time) { Pulse = new ThreadPoolPulse(_time, _pool.Enqueue) };
        _health.Started();
        _watchdog = new Watchdog(_health, _options.FailFast, _metrics, (code, _) => _requested.Add(code), static _ => { }, _error, _time, _log.CreateLogger("watchdog"));
    }

    [Fact]
    public void A_pool_that_answers_is_never_called_starved()
    {
        for (int second = 0; second < 3600; second++)
        {
            Pass(1);
            Answer();
        }

        _log.Entries.ShouldBeEmpty();
        _requested.ShouldBeEmpty();
    }

    [Fact]
    public void A_standby_whose_pool_is_starved_is_failing_after_the_event_timeout_and_ends_itself_after_the_critical_one()
    {
        Pass(61);
        ChainHealth health = _health.Read(_chain);
        health.Leading.ShouldBeFalse();
        health.State.ShouldBe(HealthState.Healthy);
        Pass(1);

        health = _health.Read(_chain);
        health.State.ShouldBe(HealthState.Failing);
        health.VerdictWord.ShouldBe("starved_process");
        health.NotReady.ShouldBe("process_starved");
        health.Reason.ShouldBe("The process stands still: its thread pool has run nothing for 61 s; the limit is 60 s. Something blocks all of its threads.");
        _log.Of("FeedSilent").ShouldHaveSingleItem();
        _requested.ShouldBeEmpty();

        Pass(540);
        _requested.ShouldBe([ChainWatchExitCode.RestartNeeded]);
        _health.Ending.ShouldNotBeNull();
        _error.ToString().ShouldContain("Failing, starved_process, standby");
    }

    [Fact]
    public void It_is_well_again_as_soon_as_the_pool_answers()
    {
        Pass(70);
        _health.Read(_chain).State.ShouldBe(HealthState.Failing);
        Answer();
        Pass(1);

        _health.Read(_chain).State.ShouldBe(HealthState.Healthy);
        _log.Of("FeedAlive").ShouldHaveSingleItem();
    }

    [Fact]
    public void A_process_that_was_paused_as_a_whole_has_starved_nobody()
    {
        Pass(1);
        _time.Advance(TimeSpan.FromHours(1));
        _watchdog.Look().Failing.ShouldBeEmpty();
        _requested.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _metrics.Dispose();
        _error.Dispose();
        _log.Dispose();
    }

    private void Pass(int seconds)
    {
        for (int second = 0; second < seconds; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _watchdog.Look();
        }
    }

    private void Answer()
    {
        while (_pool.TryDequeue(out Action? answer))
        {
            answer();
        }
    }
}
