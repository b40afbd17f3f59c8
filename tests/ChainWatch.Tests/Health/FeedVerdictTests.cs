using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>What is wrong with a silent chain: it stands still, its feed is dead, or whoever should take its blocks is busy.</summary>
public sealed class FeedVerdictTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly ChainOptions _options = new() { EventTimeout = TimeSpan.FromSeconds(60) };
    private readonly List<EndpointStanding> _endpoints = [];
    private readonly ChainRegistration _registration;

    public FeedVerdictTests()
    {
        SimulatedChain chain = new("one", blockTime: TimeSpan.FromSeconds(2));
        ChainStatus status = new(chain.Chain, _time);
        status.ReadEndpointsFrom(() => _endpoints);
        _registration = new ChainRegistration
        {
            Chain = chain.Chain,
            Status = status,
            Options = _options,
            Confirmation = new ConfirmationPolicy(Confirmation.Finalized),
            CreateSource = static () => throw new NotSupportedException(),
        };
        status.Led(leading: true, term: 1);
        Pass(10);
    }

    private ChainStatus Status => _registration.Status;

    [Fact]
    public void Endpoints_that_answer_and_agree_on_an_old_head_mean_a_chain_that_stands_still()
    {
        Read(10);
        Stand("alpha", 10);
        Stand("beta", 10);
        Pass(61);
        Read(10);
        Expect(FeedVerdict.StalledChain, "No new block for 61 s; the limit is 60 s. The chain stands still: all 2 endpoints that answer agree on height 10.");
    }

    [Fact]
    public void An_endpoint_that_is_ahead_means_a_dead_feed()
    {
        Read(10);
        Stand("alpha", 10);
        Stand("beta", 17);
        Pass(61);
        Read(10);
        Expect(FeedVerdict.DeadFeed, "No new block for 61 s; the limit is 60 s. The feed is dead: endpoint 'beta' is at height 17, while what is read stays at 10.");
    }

    [Fact]
    public void An_endpoint_that_is_down_is_ahead_of_nobody()
    {
        Read(10);
        Stand("alpha", 10);
        Stand("beta", 17, up: false);
        Pass(61);
        Read(10);
        Health.Verdict.ShouldBe(FeedVerdict.StalledChain);
    }

    [Fact]
    public void Endpoints_of_which_none_answers_mean_a_dead_feed()
    {
        Read(10);
        Stand("alpha", 10);
        Pass(61);
        Expect(FeedVerdict.DeadFeed, "No new block for 61 s; the limit is 60 s. The feed is dead: no endpoint has answered for 61 s.");
    }

    [Fact]
    public void Pushes_that_are_subscribed_to_and_mute_are_a_dead_feed_although_polls_go_on()
    {
        Status.PushesSubscribed();
        Announce(10);
        Read(10);
        for (int second = 1; second <= 60; second++)
        {
            Pass(1);
            Read(10 + second);
            Health.State.ShouldBe(HealthState.Healthy);
        }

        Pass(1);
        Read(71);
        Expect(
            FeedVerdict.DeadFeed,
            "No new block for 61 s; the limit is 60 s. The feed is dead: pushes are subscribed to and mute for 61 s (the last announced height 10), while polls have come to height 71.");
        Status.TimeSinceLastEvent.ShouldBe(TimeSpan.FromSeconds(61));
        Announce(71);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void A_subscription_that_is_confirmed_again_and_again_and_never_delivers_is_mute_all_the_same()
    {
        Read(10);
        for (int attempt = 0; attempt < 7; attempt++)
        {
            Status.PushesSubscribed();
            for (int second = 1; second <= 9; second++)
            {
                Pass(1);
                Read(11 + (attempt * 10) + second);
            }

            Status.PushesFailed("it was closed");
            Pass(1);
        }

        Status.PushesSubscribed();
        Read(200);
        Read(201);
        Pass(3);
        Health.Verdict.ShouldBe(FeedVerdict.DeadFeed);
        Health.Reason!.ShouldContain("none has come");
    }

    [Fact]
    public void A_block_that_came_just_before_the_subscription_is_no_announcement_that_was_missed()
    {
        Read(10);
        Status.PushesSubscribed();
        Pass(1);
        Read(11);
        Stand("alpha", 11);
        Pass(61);
        Read(11);
        Health.Verdict.ShouldBe(FeedVerdict.StalledChain, Health.Reason);
    }

    [Fact]
    public void Where_pushes_cannot_be_had_the_poll_is_the_feed_and_that_is_told()
    {
        Status.PushesSubscribed();
        Announce(10);
        Read(10);
        Status.PushesFailed("endpoint 'alpha' closed the connection for pushes");
        for (int second = 1; second <= 120; second++)
        {
            Pass(1);
            Read(10 + second);
        }

        Health.State.ShouldBe(HealthState.Degraded);
        Health.NotReady.ShouldBeNull();
        Health.Reason.ShouldBe("There are no pushes, and the chain is polled: endpoint 'alpha' closed the connection for pushes");
        Status.Subscriptions.ShouldBe(1);
        Status.PushesSubscribed();
        Status.Subscriptions.ShouldBe(2);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void Announcements_of_blocks_that_cannot_be_read_are_no_life()
    {
        Status.PushesSubscribed();
        Read(10);
        for (int second = 1; second <= 61; second++)
        {
            Pass(1);
            Announce(10 + second);
            Read(10);
        }

        Expect(
            FeedVerdict.DeadFeed,
            "No new block for 61 s; the limit is 60 s. The feed is dead: heads are announced up to height 71, but nothing above 10 can be read.");
    }

    [Fact]
    public void An_announcement_from_nowhere_does_not_make_the_honest_ones_look_old()
    {
        Status.PushesSubscribed();
        Read(10);
        Announce(1_000_000_000);
        for (int second = 1; second <= 130; second++)
        {
            Pass(1);
            Read(10 + second);
            Announce(10 + second);
        }

        Health.State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void A_push_that_comes_a_moment_after_the_poll_is_not_missed()
    {
        Status.PushesSubscribed();
        Announce(10);
        Read(10);
        Pass(50);
        Read(11);
        Health.Verdict.ShouldBe(FeedVerdict.None);
        Pass(15);
        Read(12);
        Health.Verdict.ShouldBe(FeedVerdict.DeadFeed);
        Announce(12);
        Health.Verdict.ShouldBe(FeedVerdict.None);
    }

    [Fact]
    public void Heads_back_and_forth_are_told_as_what_they_are()
    {
        Read(10);
        for (int second = 1; second <= 61; second++)
        {
            Pass(1);
            Read(second % 2 == 0 ? 10 : 9);
        }

        Expect(
            FeedVerdict.StalledChain,
            "No new block for 61 s; the limit is 60 s. The chain stands still, or its only endpoint does: it answers, and stays at height 10, going back and forth between it and 9.");
    }

    [Fact]
    public void A_consumer_that_takes_no_block_is_busy_and_the_feed_is_not_blamed()
    {
        Read(10);
        Status.Working();
        Pass(61);
        Expect(FeedVerdict.BusyConsumer, "The consumer is busy: it has been at work for 61 s without taking a block; the limit is 60 s.");
        Health.NotReady.ShouldBe("not_committing");
        Status.Waiting();
        Read(11);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void A_long_catch_up_is_life_although_the_head_is_not_looked_at_meanwhile()
    {
        Read(1_000_000);
        for (int batch = 1; batch <= 30; batch++)
        {
            Pass(10);
            Status.Told(batch * 100);
            Status.Committed(new ChainPoint(batch * 100, default), finalizedHeight: -1, blocks: 100, events: 0);
            Health.State.ShouldBe(HealthState.Degraded);
            Health.NotReady.ShouldBe("sync_lag");
        }
    }

    [Fact]
    public void Blocks_that_are_told_again_are_no_life()
    {
        Read(10);
        Status.Told(10);
        for (int second = 1; second <= 61; second++)
        {
            Pass(1);
            Status.Told(second % 2 == 0 ? 10 : 9);
        }

        Health.Verdict.ShouldBe(FeedVerdict.StalledChain);
    }

    [Fact]
    public void A_chain_that_makes_blocks_on_demand_may_be_silent_for_ever()
    {
        _options.BlockTime = TimeSpan.Zero;
        Read(10);
        Pass(36_000);
        Read(10);
        Health.State.ShouldBe(HealthState.Healthy);
        Health.Mendable.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_chain_that_makes_blocks_on_demand_fails_when_no_endpoint_answers()
    {
        BeQuietOnDemand();
        Pass(60);
        Health.State.ShouldBe(HealthState.Healthy);
        Pass(1);
        Expect(FeedVerdict.DeadFeed, "No new block for 61 s; the limit is 60 s. The feed is dead: no endpoint has answered for 61 s.");
        Health.Lasted.ShouldBe(TimeSpan.FromSeconds(61));
    }

    [Fact]
    public void A_chain_that_makes_blocks_on_demand_fails_when_an_endpoint_stays_ahead_of_what_is_read()
    {
        BeQuietOnDemand();
        Stand("beta", 11);
        for (int second = 0; second <= 60; second++)
        {
            Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
            Pass(1);
            Read(10);
        }

        Expect(FeedVerdict.DeadFeed, "No new block for 61 s; the limit is 60 s. The feed is dead: endpoint 'beta' is at height 11, while what is read stays at 10.");
        Health.Lasted.ShouldBe(TimeSpan.FromSeconds(61));
        Health.Mendable.ShouldBe(TimeSpan.FromSeconds(61));
        Read(11);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void A_chain_that_makes_blocks_on_demand_fails_when_what_is_announced_cannot_be_read()
    {
        Status.PushesSubscribed();
        Announce(10);
        BeQuietOnDemand();
        for (int second = 0; second <= 60; second++)
        {
            Announce(11 + second);
            Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
            Pass(1);
            Read(10);
        }

        Expect(FeedVerdict.DeadFeed, "No new block for 61 s; the limit is 60 s. The feed is dead: heads are announced up to height 71, but nothing above 10 can be read.");
        Health.Lasted.ShouldBe(TimeSpan.FromSeconds(61));
    }

    [Fact]
    public void A_chain_that_makes_blocks_on_demand_fails_when_pushes_stay_mute_about_the_blocks_that_come()
    {
        Status.PushesSubscribed();
        Announce(10);
        BeQuietOnDemand();
        for (int second = 0; second <= 60; second++)
        {
            Read(11 + second);
            Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
            Pass(1);
            if (second == 30)
            {
                Status.PushesFailed("opened anew");
                Status.PushesSubscribed();
            }
        }

        Pass(2);
        // 30 s of it before the connection was opened anew, and 31 s after the first look at the new one.
        Read(72);
        Health.Verdict.ShouldBe(FeedVerdict.DeadFeed, Health.Reason);
        Health.Reason!.ShouldContain("pushes are subscribed to and mute");
        Health.Lasted.ShouldBe(TimeSpan.FromSeconds(61));
        Announce(72);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void A_single_block_that_was_not_announced_on_a_chain_that_makes_blocks_on_demand_proves_nothing_however_long_none_follows()
    {
        Status.PushesSubscribed();
        Announce(10);
        BeQuietOnDemand();
        Read(11);
        for (int minute = 1; minute <= 60; minute++)
        {
            Pass(60);
            Read(11);
            Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
        }
    }

    [Fact]
    public void Blocks_that_come_while_the_connection_for_pushes_is_replaced_are_announced_to_nobody()
    {
        Status.PushesSubscribed();
        Announce(10);
        BeQuietOnDemand();
        for (int hour = 1; hour <= 3; hour++)
        {
            Status.PushesInterrupted();
            Read(10 + hour);
            Pass(1);
            Status.PushesSubscribed();
            Pass(3_600);
            Read(10 + hour);
            Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
        }

        Read(14);
        Pass(3);
        Health.State.ShouldBe(HealthState.Healthy, Health.Reason);
    }

    [Fact]
    public void Pushes_stay_mute_while_their_connection_is_replaced()
    {
        Status.PushesSubscribed();
        Announce(10);
        Read(10);
        for (int second = 1; second <= 61; second++)
        {
            Pass(1);
            Read(10 + second);
        }

        Status.PushesInterrupted();
        Health.Verdict.ShouldBe(FeedVerdict.DeadFeed, Health.Reason);
        Status.PushesSubscribed();
        Health.Verdict.ShouldBe(FeedVerdict.DeadFeed, Health.Reason);
        Announce(71);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public void A_chain_that_makes_blocks_on_demand_fails_when_nobody_reads_it_for_failures()
    {
        BeQuietOnDemand();
        Status.Failed("the store refused");
        Health.State.ShouldBe(HealthState.Degraded);
        for (int second = 1; second <= 61; second++)
        {
            Health.State.ShouldBe(HealthState.Degraded, Health.Reason);
            Pass(1);
            Status.Failed("the store refused");
        }

        Health.Verdict.ShouldBe(FeedVerdict.BusyConsumer, Health.Reason);
        Health.Lasted.ShouldBe(TimeSpan.FromSeconds(61));
    }

    [Theory]
    [InlineData("it is announced before it is read")]
    [InlineData("an endpoint tells of it before it is read")]
    [InlineData("it is read before it is announced")]
    [InlineData("it is read before it is committed")]
    [InlineData("an endpoint is slow just then")]
    [InlineData("following it fails just then")]
    public void The_first_block_after_a_quiet_time_of_a_chain_that_makes_blocks_on_demand_is_none_that_is_late(string when)
    {
        Status.PushesSubscribed();
        Announce(10);
        Status.Committed(new ChainPoint(10, default), finalizedHeight: 10, blocks: 1, events: 0);
        BeQuietOnDemand();
        switch (when)
        {
            case "it is announced before it is read":
                Announce(11);
                break;
            case "an endpoint tells of it before it is read":
                Stand("alpha", 11);
                break;
            case "it is read before it is announced":
                Read(11);
                Pass(3);
                Read(11);
                break;
            case "it is read before it is committed":
                Announce(11);
                Read(11);
                break;
            case "an endpoint is slow just then":
                Pass(40);
                break;
            default:
                Status.Failed("the store refused");
                break;
        }

        Health.State.ShouldNotBe(HealthState.Failing, Health.Reason);
        Health.Mendable.ShouldBeLessThan(TimeSpan.FromSeconds(41));
        Pass(5);
        Health.State.ShouldNotBe(HealthState.Failing, Health.Reason);
    }

    [Fact]
    public void A_standby_has_no_subscriptions_and_nothing_to_time_out()
    {
        Read(10);
        Status.PushesSubscribed();
        Status.Led(leading: false, term: 1);
        Pass(36_000);
        Status.Subscriptions.ShouldBe(0);
        Health.State.ShouldBe(HealthState.Healthy);
        Status.Led(leading: true, term: 2);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    /// <summary>A chain on which nobody had anything to do for hours, and which was looked at all the while.</summary>
    private void BeQuietOnDemand()
    {
        _options.BlockTime = TimeSpan.Zero;
        Read(10);
        Pass(36_000);
        Read(10);
        Health.State.ShouldBe(HealthState.Healthy);
    }

    private ChainHealth Health => ChainHealth.Of(_registration, new ReadinessOptions(), started: true, storeError: null);

    private void Read(long height) => Status.SawHead(new ChainPoint(height, default));

    private void Announce(long height) => Status.PushAnnounced(height);

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private void Stand(string name, long head, bool up = true) => _endpoints.Add(new EndpointStanding { Name = name, Up = up, Rank = _endpoints.Count + 1, Head = head });

    private void Expect(FeedVerdict verdict, string reason)
    {
        ChainHealth health = Health;
        health.State.ShouldBe(HealthState.Failing);
        health.Verdict.ShouldBe(verdict);
        health.Reason.ShouldBe(reason);
    }
}
