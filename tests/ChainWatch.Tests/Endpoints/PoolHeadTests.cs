namespace ChainWatch.Tests;

public sealed class PoolHeadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_head_is_never_served_behind_one_that_was_seen(int count)
    {
        PoolBench bench = new(count);
        bench.Follow(40, _ => bench.Mine());
        long seen = bench.Nodes[0].Head;
        bench.Nodes[0].Error = PoolBench.Down();
        for (int index = 1; index < count; index++)
        {
            bench.Nodes[index].Head = seen - 30;
        }

        for (int look = 0; look < 10; look++)
        {
            Answer<ChainTip> answer = bench.Look();
            answer.IsFound.ShouldBeFalse();
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        if (count > 1)
        {
            bench.Look().Reason.ShouldNotBeNull().ShouldContain($"{seen} was seen already");
            bench.Nodes[1].Head = seen + 1;
            bench.Follow(5)[^1].ShouldBe(seen + 1);
        }
    }

    [Fact]
    public void While_one_can_tell_more_the_one_behind_is_not_used()
    {
        PoolBench bench = new(2);
        bench.Follow(40, _ => bench.Mine());
        bench.Nodes[0].Head -= 1;

        bench.Look().Value!.Head.Height.ShouldBe(bench.Nodes[1].Head);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void One_dead_backup_does_not_freeze_the_head(int count)
    {
        PoolBench bench = new(count);
        bench.Nodes[^1].Head = 7;

        bench.Follow(200, _ => bench.Mine(except: count))[^1].ShouldBe(bench.Nodes[0].Head);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 1)]
    [InlineData(4, 4)]
    public void One_liar_does_not_move_the_head(int count, int liar)
    {
        PoolBench bench = new(count);
        bench.Nodes[liar - 1].Head = 1_000_000;

        List<long?> heads = bench.Follow(200, _ => bench.Mine());

        heads.ShouldAllBe(head => head != null && head < 2000);
        bench.First.ShouldNotBe($"node-{liar}");
        bench.Refused.ShouldContain($"node-{liar} head");
    }

    [Fact]
    public void Of_two_that_are_far_apart_the_lower_counts_once_a_head_was_served()
    {
        PoolBench bench = new(2);
        bench.Follow(10, _ => bench.Mine());
        bench.Nodes[0].Head = 1_000_000;

        bench.Follow(60, _ => bench.Mine()).ShouldAllBe(head => head < 2000);
    }

    [Fact]
    public void A_head_that_only_one_endpoint_ever_told_does_not_hold_up_the_others_for_ever()
    {
        PoolBench bench = new(2);
        bench.Follow(10);
        bench.Nodes[0].Head += 50;
        bench.Look();
        bench.Nodes[0].Head -= 50;

        List<long?> heads = bench.Follow(20);

        heads[^1].ShouldBe(bench.Nodes[1].Head);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_chain_that_goes_back_to_a_head_that_was_served_before_is_followed_once_nobody_stands_by_the_higher_one(int count)
    {
        PoolBench bench = new(count);
        bench.Follow(10, _ => bench.Mine());
        long before = bench.Nodes[0].Head;
        Array.ForEach(bench.Nodes, static node =>
        {
            node.Branch = 1;
            node.Head += 2;
        });
        bench.Follow(150)[^1].ShouldBe(before + 2);

        PoolNode last = bench.Nodes[^1];
        foreach (PoolNode node in bench.Nodes.Where(node => node != last))
        {
            node.Branch = 0;
            node.Head = before;
        }

        // One that told the higher head and is not reached now may still be right.
        last.Error = PoolBench.Down();
        bench.Follow(60).ShouldAllBe(static head => head == null);

        last.Error = null;
        last.Branch = 0;
        last.Head = before;
        bench.Follow(120)[^1].ShouldBe(before);
    }

    [Fact]
    public void A_shorter_chain_of_another_branch_is_for_the_source_to_judge()
    {
        PoolBench bench = new(2);
        bench.Follow(10, _ => bench.Mine());
        Array.ForEach(bench.Nodes, static node =>
        {
            node.Branch = 1;
            node.Head -= 2;
        });

        bench.Follow(2)[^1].ShouldBe(bench.Nodes[0].Head);
    }

    [Fact]
    public void Not_yet_of_an_endpoint_that_is_behind_is_not_the_last_word()
    {
        PoolBench bench = new(2);
        bench.Follow(10, _ => bench.Mine());
        bench.Nodes[0].Head -= 1;
        bench.Look();

        bench.Read(bench.Nodes[1].Head).IsFound.ShouldBeTrue();
        bench.Read(bench.Nodes[1].Head + 1).Kind.ShouldBe(AnswerKind.NotYet);
    }

    [Fact]
    public void Who_is_slower_than_usual_is_overtaken_within_a_budget()
    {
        PoolBench bench = new(2);
        bench.Follow(60, _ => bench.Mine());
        bench.Nodes[0].Latency = TimeSpan.FromSeconds(20);
        DateTimeOffset began = bench.Time.GetUtcNow();

        bench.Look().IsFound.ShouldBeTrue();

        (bench.Time.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(0.5));
        bench.Nodes[0].CutOff.ShouldBe(1, "nobody waits for it any more");
        bench.Follow(30, _ => bench.Mine());
        bench.First.ShouldBe("node-2");
    }

    [Fact]
    public void Where_whoever_is_asked_first_is_always_late_few_looks_are_doubled()
    {
        PoolBench bench = new(2);
        bench.Follow(60, _ => bench.Mine());
        const int looks = 60;
        for (int look = 0; look < looks; look++)
        {
            string first = bench.First;
            foreach (PoolNode node in bench.Nodes)
            {
                node.Latency = TimeSpan.FromMilliseconds(string.Equals(node.Client.Name, first, StringComparison.Ordinal) ? 20_000 : 10);
            }

            bench.Mine();
            bench.Look();
        }

        // Five to begin with, and one for each ten looks.
        bench.Nodes.Sum(static node => node.CutOff).ShouldBeInRange(5, 5 + (looks / 10) + 1);
    }

    [Fact]
    public void Several_who_ask_at_the_same_time_share_one_look()
    {
        PoolBench bench = new(2);
        bench.Look();
        int before = bench.Nodes[0].Looks;

        Answer<ChainTip>[] answers = bench.Scheduler.Run(() => Task.WhenAll(
            Enumerable.Range(0, 10).Select(async _ => await bench.Pool.ReadTipAsync(static (node, cancellation) => node.ReadTipAsync(cancellation), CancellationToken.None))));

        answers.ShouldAllBe(answer => answer.IsFound);
        bench.Nodes[0].Looks.ShouldBe(before + 1);
    }

    [Fact]
    public void Who_shared_a_look_that_was_given_up_looks_for_himself()
    {
        PoolBench bench = new(1);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(50), bench.Time);
        (bool cancelled, bool found) = bench.Scheduler.Run(async () =>
        {
            Task<Answer<ChainTip>> first = bench.Pool.ReadTipAsync(static (node, cancellation) => node.ReadTipAsync(cancellation), stop.Token).AsTask();
            Answer<ChainTip> second = await bench.Pool.ReadTipAsync(static (node, cancellation) => node.ReadTipAsync(cancellation), CancellationToken.None);
            return (first.IsCanceled, second.IsFound);
        });

        cancelled.ShouldBeTrue();
        found.ShouldBeTrue();
    }
}
