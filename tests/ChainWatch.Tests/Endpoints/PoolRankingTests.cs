namespace ChainWatch.Tests;

public sealed class PoolRankingTests
{
    [Fact]
    public void A_fast_stale_endpoint_never_ranks_first()
    {
        PoolBench bench = new(3);
        bench.Nodes[0].Latency = TimeSpan.FromMilliseconds(1);
        bench.Nodes[0].Head = 500;

        List<long?> heads = bench.Follow(300, _ => bench.Mine(except: 1));

        heads.ShouldAllBe(head => head > 1000);
        bench.First.ShouldNotBe("node-1");
        bench.Standing(1).ReasonKind.ShouldBe("lagging");
        bench.Standing(1).Lag.ShouldNotBeNull().ShouldBeGreaterThan(500);
        bench.Demoted.ShouldContain("node-1 lagging");
    }

    [Fact]
    public void The_first_that_stands_still_is_left_for_one_that_moves()
    {
        PoolBench bench = new(2);
        bench.Follow(60, _ => bench.Mine());

        List<long?> heads = bench.Follow(120, _ => bench.Mine(except: 1));

        heads[^1].ShouldBe(bench.Nodes[1].Head);
        bench.First.ShouldBe("node-2");
        bench.Standing(1).ReasonKind.ShouldBe("lagging");
    }

    [Fact]
    public void One_that_stands_still_is_not_asked_before_one_that_is_current_and_failed_much()
    {
        PoolBench bench = new(2);
        bench.Nodes[0].Error = PoolBench.Down();
        bench.Follow(120, _ => bench.Mine());

        bench.Nodes[0].Error = null;
        bench.Mine(1, except: 2);
        List<long?> heads = bench.Follow(60);

        heads[^1].ShouldBe(bench.Nodes[0].Head);
    }

    [Fact]
    public void Who_is_clearly_faster_is_asked_first_and_who_is_about_equal_is_not()
    {
        PoolBench bench = new(3);
        bench.Nodes[0].Latency = TimeSpan.FromMilliseconds(300);
        bench.Nodes[1].Latency = TimeSpan.FromMilliseconds(250);
        bench.Nodes[2].Latency = TimeSpan.FromMilliseconds(280);
        bench.Follow(600, _ => bench.Mine());
        bench.First.ShouldBe("node-1", "the configured order decides between those that are about equal");

        bench.Nodes[2].Latency = TimeSpan.FromMilliseconds(40);
        bench.Follow(1800, _ => bench.Mine());

        bench.First.ShouldBe("node-3");
        bench.Nodes[0].Latency = TimeSpan.FromMilliseconds(42);
        bench.Follow(1800, _ => bench.Mine());
        bench.First.ShouldBe("node-1", "equal again");
    }

    [Fact]
    public void One_that_refuses_at_once_is_not_fast()
    {
        PoolBench bench = new(2);
        bench.Follow(10, _ => bench.Mine());
        bench.Nodes[1].Latency = TimeSpan.FromMilliseconds(1);
        bench.Nodes[1].Error = new EndpointError { Kind = EndpointErrorKind.RateLimited, Message = "too often" };

        bench.Follow(600, _ => bench.Mine());

        bench.First.ShouldBe("node-1");
        bench.Standing(2).Latency.ShouldNotBeNull().ShouldBe(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Others_are_asked_rarely()
    {
        PoolBench bench = new(4);

        bench.Follow(600, _ => bench.Mine());

        int others = bench.Nodes.Skip(1).Sum(static node => node.Looks);
        others.ShouldBeInRange(3 + 12, 3 + 30, "each once at the beginning, then one every half minute");
        bench.Nodes.Skip(1).ShouldAllBe(node => node.Looks >= 4);
    }

    [Fact]
    public void An_answer_that_failed_a_check_puts_its_endpoint_behind_the_others_for_a_while()
    {
        PoolBench bench = new(2);
        bench.Follow(5, _ => bench.Mine());
        bench.Nodes[0].Error = new EndpointError { Kind = EndpointErrorKind.MissingData, Message = "its receipts are not of that block", Check = "receipts" };

        bench.Read(1000).IsFound.ShouldBeTrue();

        bench.Refused.ShouldBe(["node-1 receipts"]);
        bench.Demoted.ShouldBe(["node-1 integrity"]);
        bench.First.ShouldBe("node-2");
        bench.Standing(1).ReasonKind.ShouldBe("integrity");
        bench.Standing(1).Reason.ShouldNotBeNull().ShouldContain("receipts");
        bench.Nodes[0].Error = null;
        bench.Follow(300, _ => bench.Mine());
        bench.First.ShouldBe("node-1");
    }

    [Fact]
    public void Answers_that_are_no_failures_cost_no_rank()
    {
        PoolBench bench = new(2);
        bench.Follow(5, _ => bench.Mine());
        foreach (EndpointErrorKind kind in new[] { EndpointErrorKind.NotYet, EndpointErrorKind.MissingData, EndpointErrorKind.Unsupported, EndpointErrorKind.NotCanonical, EndpointErrorKind.RangeTooLarge })
        {
            bench.Nodes[0].Error = new EndpointError { Kind = kind, Message = "no" };
            bench.Read(1000);
        }

        bench.Demoted.ShouldBeEmpty();
        bench.Standing(1).Up.ShouldBeTrue();
        bench.First.ShouldBe("node-1");
    }

    [Fact]
    public void One_that_fails_every_other_time_is_put_behind_though_each_failure_is_followed_by_a_success()
    {
        PoolBench bench = new(2);
        bench.Follow(5, _ => bench.Mine());
        for (int i = 0; i < 10; i++)
        {
            bench.Nodes[0].Error = i % 2 == 0 ? PoolBench.Down() : null;
            bench.Read(1000).IsFound.ShouldBeTrue();
            bench.Time.Advance(TimeSpan.FromSeconds(3));
        }

        bench.First.ShouldBe("node-2");
    }

    [Fact]
    public void One_that_failed_at_data_comes_back_by_data_and_not_by_telling_its_head()
    {
        PoolBench bench = new(2);
        bench.Follow(5, _ => bench.Mine());
        bench.Nodes[0].Error = PoolBench.Down();
        bench.Read(1000);
        bench.Standing(1).Up.ShouldBeFalse();
        bench.Nodes[0].Error = null;
        bench.Time.Advance(TimeSpan.FromSeconds(5));

        bench.Look();
        bench.Standing(1).Up.ShouldBeFalse();
        bench.Read(1000);
        bench.Standing(1).Up.ShouldBeTrue();
    }

    [Fact]
    public void One_on_trial_is_asked_once_at_a_time_and_does_not_stall_the_others()
    {
        PoolBench bench = new(2);
        bench.Follow(5, _ => bench.Mine());
        bench.Nodes[0].Error = PoolBench.Down();
        bench.Read(1000);
        bench.Nodes[0].Latency = TimeSpan.FromHours(1);
        bench.Time.Advance(TimeSpan.FromSeconds(5));
        int before = bench.Nodes[0].Reads;
        DateTimeOffset began = bench.Time.GetUtcNow();

        Answer<BlockHeader>[] answers = bench.Scheduler.Run(() => Task.WhenAll(
            Enumerable.Range(0, 6).Select(async _ => await bench.Pool.RunAsync(static (node, cancellation) => node.ReadHeaderAsync(1000, cancellation), CancellationToken.None))));

        answers.ShouldAllBe(answer => answer.IsFound);
        bench.Nodes[0].Reads.ShouldBe(before + 1);
        (bench.Time.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(11));
    }

    [Fact]
    public void All_that_fail_are_still_asked()
    {
        PoolBench bench = new(3);
        Array.ForEach(bench.Nodes, static node => node.Error = PoolBench.Down());
        bench.Read(1000).IsFound.ShouldBeFalse();
        bench.Nodes[2].Error = null;

        bench.Read(1000).IsFound.ShouldBeTrue("at once");
    }

    [Fact]
    public void One_of_another_chain_is_refused_and_says_so()
    {
        PoolBench bench = new(2);
        bench.Nodes[0].OtherChain = true;

        bench.Follow(30, _ => bench.Mine()).ShouldAllBe(head => head != null);

        bench.Nodes[0].Looks.ShouldBe(0);
        bench.Nodes[0].Connects.ShouldBe(1);
        bench.Standing(1).ReasonKind.ShouldBe("refused");
        bench.Demoted.ShouldBe(["node-1 refused"]);
    }

    [Fact]
    public void One_that_asks_for_a_day_of_rest_is_asked_again_after_a_minute()
    {
        PoolBench bench = new(2);
        bench.Follow(5, _ => bench.Mine());
        bench.Nodes[0].Error = RestsForADay();
        bench.Look().IsFound.ShouldBeTrue();
        bench.Standing(1).Up.ShouldBeFalse();
        bench.Nodes[0].Error = null;

        bench.Follow(120, _ => bench.Mine());

        bench.Standing(1).Up.ShouldBeTrue();
        bench.First.ShouldBe("node-1");
    }

    [Fact]
    public void After_connecting_anew_one_that_rests_is_asked_at_the_next_look()
    {
        PoolBench bench = new(2);
        bench.Follow(5, _ => bench.Mine());
        bench.Nodes[0].Error = RestsForADay();
        bench.Look();
        bench.Nodes[0].Error = null;
        int before = bench.Nodes[0].Looks;
        bench.Look();
        bench.Nodes[0].Looks.ShouldBe(before, "it rests");

        bench.Pool.Reconnect();
        bench.Look();

        bench.Nodes[0].Looks.ShouldBe(before + 1);
        bench.Standing(1).Up.ShouldBeTrue();
    }

    [Fact]
    public void Connecting_anew_lets_nobody_in_who_is_of_another_chain()
    {
        PoolBench bench = new(2);
        bench.Nodes[0].OtherChain = true;
        bench.Follow(5, _ => bench.Mine());

        bench.Pool.Reconnect();
        bench.Follow(5, _ => bench.Mine());

        bench.Nodes[0].Connects.ShouldBe(1);
    }

    [Fact]
    public void One_that_takes_questions_and_never_answers_is_down()
    {
        PoolBench bench = new(3);
        bench.Follow(5, _ => bench.Mine());
        bench.Nodes[2].Latency = TimeSpan.FromSeconds(30);
        bench.Nodes[2].Error = new EndpointError { Kind = EndpointErrorKind.Transient, Message = "no answer within 30 s", TimedOut = true };

        bench.Follow(240, _ => bench.Mine()).ShouldAllBe(head => head > 1000);

        bench.Standing(3).Up.ShouldBeFalse();
        bench.Standing(3).Reason.ShouldBe("no answer within 30 s");
        bench.Standing(3).ReasonKind.ShouldBe("failing");
        bench.Standing(2).Lag.ShouldNotBeNull().ShouldBeLessThan(60, "the others are asked all the same");
    }

    private static EndpointError RestsForADay() => new() { Kind = EndpointErrorKind.Transient, Message = "HTTP 503", RetryAfter = TimeSpan.FromDays(1) };
}
