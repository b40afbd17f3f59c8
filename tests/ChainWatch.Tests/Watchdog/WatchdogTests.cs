using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>I8: silence beyond the event timeout is loud, whatever else hangs.</summary>
public sealed class WatchdogTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly StringWriter _error = new();
    private readonly List<(int Code, string Reason)> _requested = [];
    private readonly List<int> _exits = [];
    private readonly ChainWatchOptions _options = new();
    private readonly ChainWatchMetrics _metrics = new();
    private readonly LogRecorder _log = new();
    private readonly List<EndpointStanding> _standings = [new EndpointStanding { Name = "alpha", Up = true, Rank = 1, Head = 41, SinceHeadAdvanced = TimeSpan.FromMinutes(10), Lag = 0 }];
    private readonly ChainRegistration _chain;
    private readonly ChainWatchHealth _health;
    private readonly Watchdog _watchdog;
    private ChainRecovery _recovery = ChainRecovery.None;

    public WatchdogTests()
    {
        SimulatedChain chain = new(timeProvider: _time);
        ChainOptions options = new() { EventTimeout = TimeSpan.FromSeconds(60) };
        options.Endpoints.Add(new EndpointOptions { Name = "alpha", Url = "https://secret.example/v2/0123456789abcdef" });
        _chain = new ChainRegistration
        {
            Chain = chain.Chain,
            Status = new ChainStatus(chain.Chain, _time),
            Options = options,
            Confirmation = new ConfirmationPolicy(Confirmation.Blocks(1)),
            CreateSource = static () => throw new NotSupportedException(),
            Recovery = new ChainRecovery
            {
                Resubscribe = () => _recovery.Resubscribe?.Invoke(),
                Reconnect = () => _recovery.Reconnect?.Invoke(),
                PreferAnother = () => _recovery.PreferAnother?.Invoke(),
            },
        };
        _chain.Status.ReadEndpointsFrom(() => _standings);
        _health = new ChainWatchHealth(new ChainRegistry(_chain), StubStore.Create().Store, _options, _time);
        _health.Started();
        _watchdog = new Watchdog(_health, _options.FailFast, _metrics, (code, reason) => _requested.Add((code, reason)), _exits.Add, _error, _time, _log.CreateLogger("watchdog"));
    }

    [Fact]
    public void A_chain_whose_tip_advances_is_left_alone()
    {
        Lead();
        for (int height = 1; height < 100; height++)
        {
            _time.Advance(TimeSpan.FromSeconds(50));
            Saw(height);
            _watchdog.Look().Failing.ShouldBeEmpty();
        }

        _log.Entries.ShouldBeEmpty();
    }

    [Fact]
    public void Silence_is_told_as_soon_as_the_timeout_is_over_and_so_is_its_end()
    {
        Lead();
        Saw(1);
        _time.Advance(TimeSpan.FromSeconds(60));
        _watchdog.Look().Failing.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMilliseconds(500));
        _watchdog.Look().Failing.ShouldHaveSingleItem();
        _watchdog.Look();
        _log.Of("FeedSilent").ShouldHaveSingleItem();
        Saw(2);
        _watchdog.Look().Failing.ShouldBeEmpty();
        _log.Of("FeedAlive").ShouldHaveSingleItem();
    }

    [Fact]
    public void The_same_heights_again_are_no_life()
    {
        Lead();
        Saw(5);
        for (int second = 0; second < 61; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Saw(second % 2 == 0 ? 4 : 5);
        }

        _watchdog.Look().Failing.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_standby_has_nothing_to_time_out()
    {
        _time.Advance(TimeSpan.FromHours(5));
        _watchdog.Look().Failing.ShouldBeEmpty();
        _requested.ShouldBeEmpty();
    }

    [Fact]
    public void The_source_is_started_anew_once_for_each_timeout_of_silence()
    {
        int restarts = 0;
        Lead();
        _chain.Status.Restart = () => restarts++;
        Saw(1);
        for (int second = 0; second < 200; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _watchdog.Look();
        }

        restarts.ShouldBe(3);
    }

    [Fact]
    public void Everything_short_of_a_new_source_is_tried_before_the_chain_is_called_failing()
    {
        List<string> tried = [];
        _recovery = new ChainRecovery { Resubscribe = () => tried.Add("resubscribe"), Reconnect = () => tried.Add("reconnect"), PreferAnother = () => tried.Add("prefer another") };
        Lead();
        _chain.Status.Restart = () => tried.Add("restart");
        Saw(1);
        List<string> seen = [];
        for (int second = 1; second <= 121; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            bool failing = _watchdog.Look().Failing.Count > 0;
            seen.AddRange(tried.Select(step => FormattableString.Invariant($"{step} at {second}, {(failing ? "failing" : "not failing")}")));
            tried.Clear();
        }

        seen.ShouldBe(
        [
            "resubscribe at 31, not failing", "reconnect at 41, not failing", "prefer another at 46, not failing", "restart at 61, failing",
            "resubscribe at 91, failing", "reconnect at 101, failing", "prefer another at 106, failing", "restart at 121, failing",
        ]);
    }

    [Fact]
    public void What_was_tried_stands_in_the_diagnostic_block_with_its_time()
    {
        _recovery = new ChainRecovery { Reconnect = static () => { } };
        Lead();
        _chain.Status.Restart = static () => { };
        Saw(1);
        for (int second = 1; second <= 601; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _watchdog.Look();
        }

        string block = _error.ToString();
        block.ShouldContain("tried reconnect at ");
        block.ShouldContain(", after 41 s of silence");
        block.ShouldContain("tried restart_source at ");
        block.ShouldContain("dead_feed");
        block.ShouldContain("endpoint alpha: up, rank 1, head 41, advanced 600 s ago, lag 0");
    }

    [Fact]
    public void A_busy_consumer_is_not_helped_by_another_feed()
    {
        int restarts = 0;
        Lead();
        _chain.Status.Restart = () => restarts++;
        Saw(1);
        _chain.Status.Working();
        for (int second = 0; second < 200; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _watchdog.Look();
        }

        _watchdog.Look().Failing.ShouldHaveSingleItem().Verdict.ShouldBe(FeedVerdict.BusyConsumer);
        restarts.ShouldBe(0);
    }

    [Fact]
    public void A_failure_is_told_to_the_host_at_once()
    {
        List<string?> failed = [];
        _options.FailFast.HealthFailed = check => failed.Add(check.Failing[0].VerdictWord);
        Lead();
        Saw(1);
        for (int second = 0; second < 62; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _watchdog.Look();
        }

        failed.ShouldBe(["dead_feed"]);
    }

    [Fact]
    public void A_log_that_blocks_does_not_hold_up_the_looks()
    {
        using ManualResetEventSlim read = new();
        using ManualResetEventSlim ended = new();
        using WatchdogVoice voice = new();
        voice.Say(read.Wait);
        using Watchdog watchdog = new(_health, _options.FailFast, _metrics, (code, reason) => _requested.Add((code, reason)), _exits.Add, _error, _time, _log.CreateLogger("watchdog"), voice.Say);
        Lead();
        _time.Advance(TimeSpan.FromMinutes(11));
        watchdog.Look().Critical.ShouldNotBeNull();
        _requested.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(31));
        watchdog.Look();
        _exits.ShouldBe([ChainWatchExitCode.RestartNeeded]);
        voice.Say(ended.Set);
        read.Set();
        ended.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken).ShouldBeTrue();
        _requested.ShouldHaveSingleItem();
    }

    [Fact]
    public void What_the_watchdog_calls_critical_is_not_alive_also_where_it_may_not_end_the_process()
    {
        _options.FailFast.Enabled = false;
        Lead();
        Saw(1);
        _time.Advance(TimeSpan.FromMinutes(9));
        _watchdog.Look();
        _health.Ending.ShouldBeNull();
        _time.Advance(TimeSpan.FromMinutes(1));
        _watchdog.Look();
        _health.Ending!.ShouldStartWith("No new block for 600 s");
        Saw(2);
        _watchdog.Look();
        _health.Ending.ShouldBeNull();
    }

    [Fact]
    public void A_chain_that_every_endpoint_refuses_ends_the_process_as_wrongly_configured()
    {
        _standings[0] = new EndpointStanding { Name = "alpha", Up = false, Rank = 1, ReasonKind = "refused", Reason = "endpoint 'alpha' serves chain id 5, but this chain has 1" };
        _standings.Add(new EndpointStanding { Name = "beta", Up = true, Rank = 2 });
        Lead();
        _watchdog.Look();
        _requested.ShouldBeEmpty();
        _standings[1] = new EndpointStanding { Name = "beta", Up = false, Rank = 2, ReasonKind = "refused", Reason = "endpoint 'beta' serves chain id 7, but this chain has 1" };
        _watchdog.Look();
        _watchdog.Look();
        (int code, string reason) = _requested.ShouldHaveSingleItem();
        code.ShouldBe(ChainWatchExitCode.BadConfiguration);
        reason.ShouldBe("Chain 'simulated': every endpoint serves another chain: endpoint 'alpha' serves chain id 5, but this chain has 1; endpoint 'beta' serves chain id 7, but this chain has 1.");
    }

    [Fact]
    public void An_endpoint_that_served_the_chain_before_may_do_so_again()
    {
        _standings[0] = new EndpointStanding { Name = "alpha", Up = false, Rank = 1, ReasonKind = "refused", Reason = "endpoint 'alpha' serves chain id 5, but this chain has 1" };
        Lead();
        Saw(1);
        _watchdog.Look();
        _requested.ShouldBeEmpty();
    }

    [Fact]
    public void Beyond_the_critical_timeout_the_host_is_asked_to_end_with_75_and_a_diagnostic_block()
    {
        Lead();
        Saw(41);
        _chain.Status.Failed("endpoint 'alpha' timed out");
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        _watchdog.Look();
        _requested.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        _watchdog.Look();
        _watchdog.Look();
        _requested.ShouldHaveSingleItem().Code.ShouldBe(ChainWatchExitCode.RestartNeeded);
        string block = _error.ToString();
        block.ShouldContain("chain simulated");
        block.ShouldContain("last event 600 s ago");
        block.ShouldContain("head 41");
        block.ShouldContain("alpha");
        block.ShouldContain("timed out");
        block.ShouldNotContain("secret.example");
        _exits.ShouldBeEmpty();
    }

    [Fact]
    public void A_host_that_does_not_stop_when_asked_is_ended_from_the_watchdogs_own_thread()
    {
        Lead();
        Saw(1);
        _time.Advance(TimeSpan.FromMinutes(10));
        _watchdog.Look();
        _time.Advance(TimeSpan.FromSeconds(31));
        _watchdog.Look();
        _exits.ShouldBe([ChainWatchExitCode.RestartNeeded]);
    }

    [Fact]
    public void Blocks_that_are_seen_but_not_committed_are_trouble_too()
    {
        Lead();
        _chain.Status.Committed(new ChainPoint(0, default), -1, blocks: 1, events: 0);
        for (int height = 1; height < 30; height++)
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            Saw(height);
        }

        ChainHealth failing = _watchdog.Look().Failing.ShouldHaveSingleItem();
        failing.NotReady.ShouldBe("not_committing");
        _requested.ShouldHaveSingleItem().Code.ShouldBe(ChainWatchExitCode.RestartNeeded);
    }

    [Fact]
    public void Hosts_observe_every_check_and_can_veto_the_exit()
    {
        int checks = 0;
        int failures = 0;
        bool veto = true;
        _options.FailFast.HealthChecked = _ => checks++;
        _options.FailFast.HealthFailed = _ => failures++;
        _options.FailFast.Exiting = _ => !veto;
        Lead();
        Saw(1);
        for (int minute = 0; minute < 20; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            _watchdog.Look();
        }

        checks.ShouldBe(20);
        failures.ShouldBe(19);
        _requested.ShouldBeEmpty();
        veto = false;
        _watchdog.Look();
        _requested.ShouldHaveSingleItem();
    }

    [Fact]
    public void Nothing_ends_where_failing_fast_is_switched_off()
    {
        _options.FailFast.Enabled = false;
        Lead();
        _time.Advance(TimeSpan.FromHours(1));
        _watchdog.Look().Critical.ShouldNotBeNull();
        _requested.ShouldBeEmpty();
    }

    [Fact]
    public void Each_look_is_counted()
    {
        using MetricRecorder recorder = new();
        _watchdog.Look();
        _watchdog.Look();
        recorder.Sum("chainwatch.watchdog.ticks").ShouldBeGreaterThanOrEqualTo(2);
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _metrics.Dispose();
        _log.Dispose();
    }

    private void Lead() => _chain.Status.Led(leading: true, term: 1);

    private void Saw(long height) => _chain.Status.SawHead(new ChainPoint(height, default));
}
