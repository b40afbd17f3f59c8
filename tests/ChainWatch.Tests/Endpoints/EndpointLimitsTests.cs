using System.Net;

namespace ChainWatch.Tests;

public sealed class EndpointLimitsTests
{
    [Theory]
    [InlineData(25, 4, 50)]
    [InlineData(3, 1, 20)]
    [InlineData(200, 16, 70)]
    public void Catching_up_uses_what_is_allowed_and_runs_into_no_refusal(double rate, int workers, int latency)
    {
        LimitedServer server = new(options =>
        {
            options.RequestsPerSecond = rate;
            options.Burst = 1;
        })
        {
            Rate = rate,
            Burst = 1.001,
            Latency = TimeSpan.FromMilliseconds(latency),
        };
        server.Scheduler.Advance(TimeSpan.FromSeconds(1));

        server.KeepBusy(workers, TimeSpan.FromMinutes(1));

        server.Refused.ShouldBe(0);
        ((double)server.Sent.Count).ShouldBeGreaterThanOrEqualTo(0.95 * rate * 60);
        ((double)server.Sent.Count).ShouldBeLessThanOrEqualTo((rate * 60) + 5);
    }

    [Fact]
    public void A_limit_that_nobody_configured_is_found_and_kept_close_to()
    {
        LimitedServer server = new() { Rate = 20, Burst = 20, RetryAfter = "1", Latency = TimeSpan.FromMilliseconds(20) };

        server.KeepBusy(8, TimeSpan.FromMinutes(5));

        int good = server.Sent.Count - server.Refused;
        good.ShouldBeGreaterThan(20 * 300 / 2, "at least half of it is used, without knowing it");
        server.Refused.ShouldBeLessThan(good / 50);
        server.Client.RateLimit.ShouldNotBeNull().ShouldBeInRange(3, 40);
    }

    [Fact]
    public void While_a_refusal_is_known_nothing_is_sent_and_who_waits_is_told_at_once()
    {
        LimitedServer server = new(static options =>
        {
            options.RequestsPerSecond = 10;
            options.Burst = 1;
        })
        {
            RetryAfter = "30",
        };
        server.Answer = _ => server.Sent.Count == 1 ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK;
        DateTimeOffset began = server.Time.GetUtcNow();

        EndpointErrorKind?[] all = server.Scheduler.Run(() => Task.WhenAll(Enumerable.Range(0, 50).Select(_ => server.TryAsync("a"))));

        server.Sent.Count.ShouldBe(1);
        all.ShouldAllBe(kind => kind == EndpointErrorKind.RateLimited);
        (server.Time.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(1), "another endpoint can be asked meanwhile");
        server.Time.Advance(TimeSpan.FromSeconds(29));
        server.Try("a").ShouldBe(EndpointErrorKind.RateLimited);
        server.Sent.Count.ShouldBe(1);
        server.Time.Advance(TimeSpan.FromSeconds(1.1));
        server.Try("a").ShouldBeNull();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Mon, 01 Jan 2001 00:00:00 GMT")]
    public void A_refusal_that_asks_for_no_pause_sends_nobody_out_of_turn(string retryAfter)
    {
        LimitedServer server = new(static options =>
        {
            options.RequestsPerSecond = 1;
            options.Burst = 1;
        })
        {
            RetryAfter = retryAfter,
            Latency = TimeSpan.FromMilliseconds(100),
        };
        server.Answer = _ => server.Sent.Count == 1 ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK;
        DateTimeOffset began = server.Time.GetUtcNow();

        EndpointErrorKind?[] all = server.Scheduler.Run(() => Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.TryAsync("a"))));

        server.Sent.Count(sent => sent.At - began <= TimeSpan.FromSeconds(1)).ShouldBeLessThanOrEqualTo(2);
        server.Sent.Count.ShouldBe(10);
        all.Count(static kind => kind is null).ShouldBe(9, "they kept waiting");
    }

    [Fact]
    public void What_was_on_its_way_together_and_is_refused_together_is_one_complaint()
    {
        LimitedServer server = new() { Latency = TimeSpan.FromMilliseconds(100) };
        // Until it may have that many under way.
        server.KeepBusy(12, TimeSpan.FromSeconds(5));
        server.Answer = static _ => HttpStatusCode.TooManyRequests;

        EndpointErrorKind?[] all = server.Scheduler.Run(() => Task.WhenAll(Enumerable.Range(0, 12).Select(_ => server.TryAsync("a"))));

        all.ShouldAllBe(static kind => kind == EndpointErrorKind.RateLimited);
        server.Refused.ShouldBeGreaterThan(6);
        server.Client.Paused.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void The_tip_goes_before_catching_up_and_that_before_reconciliation_but_nobody_waits_for_ever()
    {
        LimitedServer server = new(static options =>
        {
            options.RequestsPerSecond = 1;
            options.Burst = 1;
        });
        server.Try("first");
        server.Scheduler.Run(() => Task.WhenAll(
        [
            .. Enumerable.Range(0, 15).Select(_ => server.SendAsync("reconcile", EndpointPriority.Reconciliation)),
            .. Enumerable.Range(0, 15).Select(_ => server.SendAsync("catch up", EndpointPriority.CatchUp)),
            .. Enumerable.Range(0, 3).Select(_ => server.SendAsync("tip", EndpointPriority.Tip)),
        ]));

        string[] order = [.. server.Sent.Select(static sent => sent.What)];
        order[1..4].ShouldAllBe(what => what == "tip");
        order[4..19].Count(static what => what == "catch up").ShouldBeGreaterThanOrEqualTo(13);
        order[4..14].Count(static what => what == "reconcile").ShouldBe(1, "each tenth turn is for who has waited longest");
    }

    [Fact]
    public void What_would_have_to_wait_for_longer_than_a_minute_is_refused_at_once()
    {
        LimitedServer server = new(static options =>
        {
            options.RequestsPerSecond = 1;
            options.Burst = 1;
        });

        EndpointErrorKind?[] all = server.Scheduler.Run(() => Task.WhenAll(Enumerable.Range(0, 100).Select(_ => server.TryAsync("a"))));

        server.Sent.Count.ShouldBeInRange(60, 62);
        all.Count(static kind => kind == EndpointErrorKind.RateLimited).ShouldBe(100 - server.Sent.Count);
    }

    [Fact]
    public void Inside_a_less_urgent_scope_nothing_is_more_urgent()
    {
        using (EndpointPriorityScope.Begin(EndpointPriority.Reconciliation))
        {
            using (EndpointPriorityScope.Begin(EndpointPriority.CatchUp))
            {
                EndpointPriorityScope.Current.ShouldBe(EndpointPriority.Reconciliation);
            }

            EndpointPriorityScope.Current.ShouldBe(EndpointPriority.Reconciliation);
        }

        EndpointPriorityScope.Current.ShouldBe(EndpointPriority.Tip);
    }

    [Fact]
    public void Requests_keep_their_distance()
    {
        LimitedServer server = new(static options => options.MinSpacing = TimeSpan.FromMilliseconds(100));

        server.KeepBusy(4, TimeSpan.FromSeconds(5));

        server.Sent.Count.ShouldBeInRange(48, 54);
        server.Sent.Zip(server.Sent.Skip(1)).ShouldAllBe(pair => pair.Second.At - pair.First.At >= TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void A_quota_ends_requests_until_its_reset_and_keeps_the_last_tenth_for_the_tip()
    {
        LimitedServer server = new(static options =>
        {
            options.Quota = 100;
            options.QuotaWindow = TimeSpan.FromHours(1);
        });
        server.Scheduler.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                await server.TryAsync("a", EndpointPriority.CatchUp);
            }
        });
        server.Sent.Count.ShouldBe(90);
        for (int i = 0; i < 20; i++)
        {
            server.Try("tip");
        }

        server.Sent.Count.ShouldBe(100);
        server.Try("tip").ShouldBe(EndpointErrorKind.QuotaExhausted);
        server.Time.Advance(TimeSpan.FromHours(1));
        server.Try("tip").ShouldBeNull();
    }

    [Fact]
    public void Methods_count_what_they_are_said_to()
    {
        LimitedServer server = new(static options =>
        {
            options.Quota = 100;
            options.Units["eth_getLogs"] = 75;
            options.Units["default"] = 10;
        });
        server.Try("eth_getLogs").ShouldBeNull();
        server.Try("eth_chainId").ShouldBeNull();
        server.Try("eth_getLogs").ShouldBe(EndpointErrorKind.QuotaExhausted);
        server.Try("eth_chainId").ShouldBeNull();
        server.Client.UnitsOf(["eth_getLogs", "a", "b"]).ShouldBe(95);
    }

    [Fact]
    public void Told_too_often_the_rate_is_halved_down_to_a_floor_and_grows_back_only_while_it_is_used_up()
    {
        LimitedServer server = new(static options => options.RequestsPerSecond = 40);
        EndpointClient client = server.Client;
        client.SlowDown();
        client.RateLimit.ShouldBe(20);
        client.SlowDown();
        client.RateLimit.ShouldBe(20, "what was under way together is one complaint");
        for (int i = 0; i < 10; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(2));
            client.SlowDown();
        }

        client.RateLimit.ShouldBe(5, "an eighth");
        server.Scheduler.Advance(TimeSpan.FromMinutes(5));
        client.RateLimit.ShouldBe(5, "a rate that is not used up proves nothing");
        server.KeepBusy(8, TimeSpan.FromSeconds(30));
        client.RateLimit.ShouldNotBeNull().ShouldBeInRange(20, 30);
        server.KeepBusy(8, TimeSpan.FromSeconds(60));
        client.RateLimit.ShouldBe(40);
    }

    [Fact]
    public void Few_requests_are_under_way_until_the_first_ones_are_answered_and_after_each_complaint()
    {
        LimitedServer server = new() { Latency = TimeSpan.FromSeconds(1) };
        server.Scheduler.Run(() => Task.WhenAny(Task.WhenAll(Enumerable.Range(0, 40).Select(_ => server.TryAsync("a"))), Task.Delay(TimeSpan.FromSeconds(0.9), server.Time)));
        server.MostUnderWay.ShouldBe(3);
        server.Scheduler.Advance(TimeSpan.FromSeconds(20));
        server.MostUnderWay.ShouldBe(16);
    }

    [Fact]
    public void Keys_with_limits_of_their_own_are_used_side_by_side()
    {
        LimitedServer server = new(static options =>
        {
            options.RequestsPerSecond = 5;
            options.Burst = 1;
            options.LimitsPerKey = true;
            options.ApiKeys.Add("first-key");
            options.ApiKeys.Add("second-key");
        });

        server.KeepBusy(4, TimeSpan.FromSeconds(20));

        server.Sent.Count.ShouldBeInRange(190, 204);
        server.Sent.Select(static sent => sent.Key!.Parameter!).CountBy(static key => key).ShouldAllBe(pair => pair.Value > 90);
        server.Client.RateLimit.ShouldBe(10);
    }

    [Fact]
    public void When_everything_fails_few_requests_are_tried_again()
    {
        LimitedServer server = new() { Status = HttpStatusCode.BadGateway };
        server.Scheduler.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                await server.TryAsync("a");
            }
        });

        server.Sent.Count.ShouldBeLessThan(500 + 20 + 110, "twenty, and a fifth");
    }

    [Fact]
    public void A_server_that_says_when_to_come_back_is_not_asked_before()
    {
        LimitedServer server = new() { Status = HttpStatusCode.ServiceUnavailable, RetryAfter = "60" };

        server.Try("a").ShouldBe(EndpointErrorKind.Transient);

        server.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public void Who_stops_waiting_takes_no_turn()
    {
        LimitedServer server = new(static options =>
        {
            options.RequestsPerSecond = 1;
            options.Burst = 1;
        });
        server.Try("a");
        bool stopped = false;
        server.Scheduler.Run(async () =>
        {
            using CancellationTokenSource stop = new(TimeSpan.FromSeconds(0.5), server.Time);
            try
            {
                await server.Client.SendAsync(new EndpointRequest { Method = "b", Body = "b"u8.ToArray(), Read = static _ => null }, stop.Token);
            }
            catch (OperationCanceledException)
            {
                stopped = true;
            }

            await server.SendAsync("c");
        });
        stopped.ShouldBeTrue();

        server.Sent.Select(static sent => sent.What).ShouldBe(["a", "c"]);
        (server.Sent[1].At - server.Sent[0].At).ShouldBe(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1));
    }
}
