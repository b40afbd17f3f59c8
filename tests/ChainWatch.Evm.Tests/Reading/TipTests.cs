namespace ChainWatch.Evm.Tests;

public sealed class TipTests
{
    [Fact]
    public void The_head_and_the_chains_marks_come_in_one_request()
    {
        FakeChain chain = new();
        chain.MineEmpty(100);
        chain.Finalized = 30;
        chain.Safe = 60;
        Bench bench = new(chain);
        bench.ReadTip();
        int before = bench.Node.Requests;
        bench.Time.Advance(TimeSpan.FromSeconds(10));

        ChainTip tip = bench.ReadTip().Value!;

        (bench.Node.Requests - before).ShouldBe(1);
        tip.Head.ShouldBe(new ChainPoint(100, chain.Head.Id));
        tip.Finalized.ShouldBe(new ChainPoint(30, chain[30].Id));
        tip.Safe.ShouldBe(new ChainPoint(60, chain[60].Id));
    }

    [Fact]
    public void Marks_are_not_asked_for_with_every_look()
    {
        FakeChain chain = new();
        chain.MineEmpty(100);
        chain.Finalized = 30;
        Bench bench = new(chain);
        for (int look = 0; look < 10; look++)
        {
            bench.ReadTip().Value!.Finalized.ShouldNotBeNull();
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        bench.Node.Calls.Count(static call => call.Contains("finalized")).ShouldBeInRange(3, 4);
    }

    [Fact]
    public void A_mark_that_is_missing_for_a_moment_stays_what_it_was()
    {
        FakeChain chain = new();
        chain.MineEmpty(100);
        chain.Finalized = 30;
        Bench bench = new(chain);
        bench.ReadTip();
        chain.Finalized = null;
        bench.Time.Advance(TimeSpan.FromSeconds(10));

        bench.ReadTip().Value!.Finalized.ShouldBe(new ChainPoint(30, chain[30].Id));
    }

    [Fact]
    public void A_node_without_marks_has_none_and_is_seldom_asked_again()
    {
        FakeChain chain = new();
        chain.MineEmpty(10);
        Bench bench = new(chain);
        bench.Node.HasTags = false;
        for (int look = 0; look < 20; look++)
        {
            ChainTip tip = bench.ReadTip().Value!;
            tip.Finalized.ShouldBeNull();
            tip.Safe.ShouldBeNull();
            bench.Time.Advance(TimeSpan.FromSeconds(5));
        }

        bench.Node.Calls.Count(static call => call.Contains("finalized")).ShouldBe(1);
    }

    [Fact]
    public void Null_marks_are_none()
    {
        FakeChain chain = new();
        chain.MineEmpty(10);

        new Bench(chain).ReadTip().Value!.Finalized.ShouldBeNull();
    }

    [Fact]
    public void A_head_below_the_finalized_block_is_a_contradiction()
    {
        FakeChain chain = new();
        chain.MineEmpty(100);
        chain.Finalized = 90;
        Bench bench = new(chain);
        bench.ReadTip();
        bench.Node.Intercept = (method, parameters) =>
            method == "eth_getBlockByNumber" && (string)parameters[0]! == "latest" ? chain[80].ToJson(full: false)
            : method == "eth_getBlockByNumber" && (string)parameters[0]! == "finalized" ? chain[90].ToJson(full: false) : null;

        bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        bench.Observed.Refused.ShouldBe([$"endpoint-1 {AnswerCheck.Marks}"]);
    }

    [Theory]
    [InlineData(31337, false, false)]
    [InlineData(1337, false, false)]
    [InlineData(31337, true, true)]
    [InlineData(1, false, true)]
    public void Marks_of_development_chains_are_told_only_when_asked_for_by_name(long chainId, bool asksForMarks, bool told)
    {
        FakeChain chain = new(chainId);
        chain.MineEmpty(100);
        chain.Finalized = 99;

        (new Bench(chain) { AsksForMarks = asksForMarks }.ReadTip().Value!.Finalized is not null).ShouldBe(told);
    }

    [Fact]
    public void A_lower_head_is_told_as_it_is()
    {
        FakeChain chain = new(31337);
        chain.MineEmpty(10);
        Bench bench = new(chain);
        bench.ReadTip().Value!.Head.Height.ShouldBe(10);
        chain.RollBack(4);

        bench.ReadTip().Value!.Head.Height.ShouldBe(6);
    }
}
