using System.Net;

namespace ChainWatch.Evm.Tests;

public sealed class EndpointPoolTests
{
    [Fact]
    public void The_first_endpoint_answers_while_it_can()
    {
        Bench bench = Two();
        for (int i = 0; i < 5; i++)
        {
            bench.ReadTip().IsFound.ShouldBeTrue();
        }

        bench.Nodes[1].Requests.ShouldBe(2, "which chain it is of, and its head, once: the very first head needs agreement");
    }

    [Theory]
    [InlineData("endpoint-1", 0)]
    [InlineData("endpoint-2", 1)]
    public void What_must_be_heard_from_one_endpoint_is_asked_of_no_other(string name, int place)
    {
        Bench bench = Two();
        bench.ReadTip();
        int other = bench.Nodes[1 - place].Requests;
        int asked = bench.Nodes[place].Requests;

        for (int round = 0; round < 3; round++)
        {
            Answer<IReadOnlyList<Block>> answer = Choose(bench, name, () => bench.Reader.ReadBlocksAsync(0, 1, bench.Watched, CancellationToken.None));
            answer.IsFound.ShouldBeTrue(answer.Reason);
            answer.Value![0].Endpoint.ShouldBe(name);
            Choose(bench, name, () => bench.Reader.ReadHeaderAtAsync(0, CancellationToken.None)).IsFound.ShouldBeTrue();
        }

        bench.Nodes[1 - place].Requests.ShouldBe(other);
        bench.Nodes[place].Requests.ShouldBeGreaterThan(asked);
    }

    [Fact]
    public void Where_the_only_one_that_may_be_asked_fails_no_other_answers_for_it()
    {
        Bench bench = Two();
        bench.ReadTip();
        bench.Nodes[1].Raw = RpcRaw(HttpStatusCode.BadGateway);

        for (int round = 0; round < 3; round++)
        {
            Answer<BlockHeader> answer = Choose(bench, "endpoint-2", () => bench.Reader.ReadHeaderAtAsync(0, CancellationToken.None));
            answer.Kind.ShouldBe(AnswerKind.Unknown);
            answer.Reason!.ShouldContain("endpoint-2");
            answer.Reason!.ShouldNotContain("endpoint-1");
        }

        bench.Logs.Of("EndpointFailed").Count.ShouldBe(1, "that it fails is told once, and not each time it is asked all the same");
        Choose(bench, "nobody", () => bench.Reader.ReadHeaderAtAsync(0, CancellationToken.None)).Reason.ShouldBe("there is no endpoint that may be asked this");
    }

    [Fact]
    public void How_endpoints_stand_is_told_of_all_of_them()
    {
        Bench bench = Two();
        bench.ReadTip();

        Choose(bench, "endpoint-2", () => ValueTask.FromResult(bench.Pool.ReadStandings())).Select(static one => one.Name).ShouldBe(["endpoint-1", "endpoint-2"]);
    }

    [Fact]
    public void Rate_limited_on_one_the_others_go_on_and_it_is_left_alone_for_as_long_as_it_asked()
    {
        Bench bench = Two();
        bench.ReadTip();
        bench.Node.Raw = static (_, _) => RpcBench.Status(HttpStatusCode.TooManyRequests, retryAfter: "7")(new System.Text.Json.Nodes.JsonObject());
        DateTimeOffset limited = bench.Time.GetUtcNow();
        bench.ReadTip().IsFound.ShouldBeTrue();
        int before = bench.Node.Requests;
        bench.Node.Raw = null;
        while (bench.Time.GetUtcNow() < limited + TimeSpan.FromSeconds(6.5))
        {
            bench.ReadTip().IsFound.ShouldBeTrue();
            bench.Time.Advance(TimeSpan.FromSeconds(0.5));
        }

        bench.Node.Requests.ShouldBe(before, "not before the seven seconds are over");
        bench.Nodes[1].Requests.ShouldBeGreaterThan(5);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        bench.ReadTip();
        bench.Node.Requests.ShouldBeGreaterThan(before, "it is the preferred one again");
    }

    [Fact]
    public void An_endpoint_that_fails_cools_down_and_is_tried_again_with_a_real_request()
    {
        Bench bench = Two();
        bench.ReadTip();
        bench.Node.Raw = RpcRaw(HttpStatusCode.BadGateway);
        bench.ReadTip().IsFound.ShouldBeTrue();
        int failed = bench.Node.Requests;
        bench.ReadTip().IsFound.ShouldBeTrue();
        bench.Node.Requests.ShouldBe(failed);
        bench.Standing("endpoint-1").Up.ShouldBeFalse();
        bench.Node.Raw = null;
        bench.Time.Advance(TimeSpan.FromSeconds(5));

        bench.ReadTip().IsFound.ShouldBeTrue();

        bench.Node.Requests.ShouldBeGreaterThan(failed);
        bench.Standing("endpoint-1").Up.ShouldBeTrue();
    }

    [Fact]
    public void The_last_endpoint_is_never_dropped()
    {
        FakeChain chain = new();
        Bench bench = new(chain);
        bench.Node.Raw = RpcRaw(HttpStatusCode.BadGateway);
        for (int i = 0; i < 5; i++)
        {
            bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        }

        bench.Node.Raw = null;
        bench.ReadTip().IsFound.ShouldBeTrue("at once, without waiting for the end of a cool-down");
    }

    [Fact]
    public void When_all_are_paused_for_a_moment_the_moment_is_waited_for()
    {
        Bench bench = new(new FakeChain());
        bench.ReadTip();
        bench.Node.Raw = static (_, _) => RpcBench.Status(HttpStatusCode.TooManyRequests, retryAfter: "4")(new System.Text.Json.Nodes.JsonObject());
        bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        bench.Node.Raw = null;
        DateTimeOffset before = bench.Time.GetUtcNow();

        bench.ReadTip().IsFound.ShouldBeTrue();

        (bench.Time.GetUtcNow() - before).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public void A_long_pause_is_told_instead_of_waited_for()
    {
        Bench bench = new(new FakeChain());
        bench.ReadTip();
        bench.Node.Raw = static (_, _) => RpcBench.Status(HttpStatusCode.TooManyRequests, retryAfter: "600")(new System.Text.Json.Nodes.JsonObject());
        bench.ReadTip();
        int before = bench.Node.Requests;

        Answer<ChainTip> answer = bench.ReadTip();

        answer.Kind.ShouldBe(AnswerKind.Unknown);
        answer.Reason.ShouldNotBeNull().ShouldContain("600 s");
        bench.Node.Requests.ShouldBe(before);
    }

    [Fact]
    public void A_refused_key_moves_on_to_the_next_endpoint()
    {
        Bench bench = Two();
        bench.Node.Raw = RpcRaw(HttpStatusCode.Unauthorized);

        bench.ReadTip().IsFound.ShouldBeTrue();
        int before = bench.Node.Requests;
        bench.ReadTip();
        bench.Node.Requests.ShouldBe(before);
    }

    [Fact]
    public void All_reasons_are_told_when_nobody_knows()
    {
        Bench bench = Two();

        string reason = bench.ReadBlock(bench.Chain.NextHash()).Reason.ShouldNotBeNull();

        reason.ShouldContain("endpoint-1");
        reason.ShouldContain("endpoint-2");
    }

    [Fact]
    public void An_endpoint_that_lags_at_the_tip_never_hides_a_payment()
    {
        FakeChain chain = new();
        chain.MineEmpty(30);
        Bench bench = new Bench(chain, new FakeNode(chain) { Lag = 20 }, new FakeNode(chain)).Watch(Bench.Alice);
        List<string> found = [];
        for (int i = 0; i < 10; i++)
        {
            FakeBlock block = chain.Mine(chain.PayToken(Bench.Usdc, Bench.Alice, i + 1));
            found.AddRange(bench.PaymentsAtTip(block));
            Answer<IReadOnlyList<Block>> byNumber = bench.ReadBlocks(block.Number, 1);
            byNumber.Kind.ShouldNotBe(AnswerKind.Unknown);
            (byNumber.IsFound ? Bench.Payments(byNumber.Value[0], bench.Watched).Count : 1).ShouldBe(1);
        }

        found.Count.ShouldBe(10);
    }

    private static T Choose<T>(Bench bench, string name, Func<ValueTask<T>> question) =>
        bench.Run(() => EndpointChoice.AskAsync(one => string.Equals(one, name, StringComparison.Ordinal), question, CancellationToken.None));

    private static Bench Two()
    {
        FakeChain chain = new();
        chain.MineEmpty(3);
        return new Bench(chain, new FakeNode(chain), new FakeNode(chain));
    }

    private static Func<HttpRequestMessage, string, HttpResponseMessage?> RpcRaw(HttpStatusCode status) => (_, _) => FakeNode.Json("", status);
}
