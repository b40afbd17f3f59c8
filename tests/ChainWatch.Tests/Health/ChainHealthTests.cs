using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class ChainHealthTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedChain _chain = new("one", blockTime: TimeSpan.FromSeconds(2));
    private readonly ChainRegistration _registration;

    public ChainHealthTests()
    {
        ChainStatus status = new(_chain.Chain, _time);
        _registration = SimulatedRegistration.Create(
            _chain, new SimulatedBlockReader(_chain, new SimulatedReaderOptions(), _time), new SimulatedChainOptions(), new ConfirmationPolicy(Confirmation.Finalized), status, _time);
    }

    private ChainStatus Status => _registration.Status;

    [Theory]
    [InlineData(0.1, 30)]
    [InlineData(2, 60)]
    [InlineData(600, 300)]
    public void The_event_timeout_is_thirty_block_times_within_half_a_minute_and_five_minutes(double blockTime, double seconds)
    {
        SimulatedChain chain = new("two", blockTime: TimeSpan.FromSeconds(blockTime));
        SimulatedRegistration.Create(chain, new SimulatedBlockReader(chain, new SimulatedReaderOptions(), _time), new SimulatedChainOptions(), new ConfirmationPolicy(Confirmation.Finalized), new ChainStatus(chain.Chain, _time), _time)
            .EventTimeout.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void A_chain_that_keeps_up_is_healthy_and_ready()
    {
        Lead();
        See(10);
        Commit(10);
        Expect(HealthState.Healthy, notReady: null, reason: null);
    }

    [Fact]
    public void Silence_beyond_the_event_timeout_is_failing()
    {
        Lead();
        See(10);
        Commit(10);
        _time.Advance(TimeSpan.FromSeconds(60));
        Expect(HealthState.Healthy, notReady: null, reason: null);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Expect(HealthState.Failing, "feed_silent", "No new block for 60 s; the limit is 60 s. The feed is dead: no endpoint has answered for 60 s.", FeedVerdict.DeadFeed);
    }

    [Fact]
    public void A_head_that_does_not_rise_is_no_life()
    {
        Lead();
        See(10);
        Commit(10);
        _time.Advance(TimeSpan.FromSeconds(61));
        See(10);
        See(9);
        Expect(
            HealthState.Failing,
            "feed_silent",
            "No new block for 61 s; the limit is 60 s. The chain stands still, or its only endpoint does: it answers, and stays at height 10, going back and forth between it and 9.",
            FeedVerdict.StalledChain);
    }

    [Fact]
    public void Blocks_that_are_seen_but_never_committed_are_failing()
    {
        Lead();
        Commit(10);
        for (int height = 11; height < 80; height++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            See(height);
        }

        Expect(HealthState.Failing, "not_committing", "Blocks are seen, but none was committed for 68 s; the limit is 60 s.", FeedVerdict.BusyConsumer);
    }

    [Fact]
    public void The_first_block_after_a_long_silence_is_not_late_the_moment_it_is_seen()
    {
        Lead();
        See(10);
        Commit(10);
        _time.Advance(TimeSpan.FromHours(1));

        See(11);
        Expect(HealthState.Healthy, null, null);
        _time.Advance(TimeSpan.FromSeconds(50));
        See(12);
        _time.Advance(TimeSpan.FromSeconds(11));

        Expect(HealthState.Failing, "not_committing", "Blocks are seen, but none was committed for 61 s; the limit is 60 s.", FeedVerdict.BusyConsumer);
    }

    [Fact]
    public void A_chain_whose_endpoints_have_not_answered_yet_is_degraded_and_not_ready()
    {
        Lead();
        Expect(HealthState.Degraded, "not_connected", "No endpoint has answered yet.");
    }

    [Fact]
    public void A_chain_whose_endpoints_no_longer_answer_is_degraded_and_says_what_they_said()
    {
        Lead();
        See(10);
        Commit(10);
        Status.Disconnected("endpoint 'main' refused the connection");
        Expect(HealthState.Degraded, "not_connected", "No endpoint answers. Last error: endpoint 'main' refused the connection");
    }

    [Fact]
    public void A_cursor_far_behind_is_degraded_and_not_ready()
    {
        Lead();
        See(500);
        Commit(399);
        Expect(HealthState.Degraded, "sync_lag", "The cursor is 101 blocks behind the head; the limit is 100.");
        Commit(400);
        Expect(HealthState.Healthy, notReady: null, reason: null);
    }

    [Fact]
    public void An_error_degrades_until_something_is_committed_or_it_does_not_come_again()
    {
        Lead();
        See(10);
        Commit(10);
        Status.Failed("it went wrong");
        Expect(HealthState.Degraded, notReady: null, "it went wrong");
        Commit(10);
        Expect(HealthState.Healthy, notReady: null, reason: null);
        Status.Failed("it went wrong");
        _time.Advance(TimeSpan.FromSeconds(30));
        See(11);
        _time.Advance(TimeSpan.FromSeconds(30));
        Expect(HealthState.Healthy, notReady: null, reason: null);
    }

    [Fact]
    public void A_standby_is_healthy_and_ready_however_long_it_hears_nothing()
    {
        _time.Advance(TimeSpan.FromHours(10));
        Expect(HealthState.Healthy, notReady: null, reason: null);
        Lead();
        See(1);
        Expect(HealthState.Healthy, notReady: null, reason: null);
    }

    [Fact]
    public void A_leader_that_fails_and_leads_again_does_not_start_its_silence_anew()
    {
        Lead();
        See(10);
        Commit(10);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            _time.Advance(TimeSpan.FromSeconds(25));
            Status.Failed("the follower failed");
            Status.Led(leading: false, term: 1);
            if (attempt < 2)
            {
                Expect(HealthState.Degraded, "not_leading", "the follower failed");
                Lead();
            }
        }

        // Whether it leads just now or waits to lead again.
        for (int look = 0; look < 2; look++)
        {
            ExpectSilent();
            Lead();
        }

        // Another one that leads meanwhile is another matter.
        Status.Led(leading: false, term: 1);
        Status.StoodBy();
        Expect(HealthState.Degraded, "not_leading", "the follower failed");

        void ExpectSilent() => Expect(HealthState.Failing, "feed_silent", "No new block for 75 s; the limit is 60 s. Following it fails again and again, so that nobody reads the feed. Last error: the follower failed", FeedVerdict.BusyConsumer);
    }

    [Fact]
    public void A_store_that_does_not_answer_is_failing_on_a_standby_too() =>
        ChainHealth.Of(_registration, new ReadinessOptions(), started: true, "The store did not answer within 2 s.").NotReady.ShouldBe("store_unavailable");

    [Fact]
    public void Before_the_store_is_ready_nothing_is() =>
        ChainHealth.Of(_registration, new ReadinessOptions(), started: false, storeError: null).NotReady.ShouldBe("starting");

    private void Lead() => Status.Led(leading: true, term: 1);

    private void See(long height) => Status.SawHead(new ChainPoint(height, default));

    private void Commit(long height) => Status.Committed(new ChainPoint(height, default), finalizedHeight: -1, blocks: 1, events: 0);

    private void Expect(HealthState state, string? notReady, string? reason, FeedVerdict verdict = FeedVerdict.None)
    {
        ChainHealth health = ChainHealth.Of(_registration, new ReadinessOptions(), started: true, storeError: null);
        health.State.ShouldBe(state);
        health.NotReady.ShouldBe(notReady);
        health.Reason.ShouldBe(reason);
        health.Verdict.ShouldBe(verdict);
    }
}
