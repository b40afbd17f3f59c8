using System.Net;
using System.Text.Json.Nodes;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinBlockReaderTests
{
    [Theory]
    [InlineData(NodeDialect.Modern)]
    [InlineData(NodeDialect.Legacy)]
    [InlineData(NodeDialect.Bcoin)]
    public void A_chain_is_read_alike_from_nodes_of_every_dialect(NodeDialect dialect)
    {
        FakeChain chain = new();
        MadeTransaction pay = Bench.PayAlice(1);
        MadeBlock head = chain.Mine(pay);
        Bench bench = new(chain, new FakeNode(chain, dialect));

        bench.ReadTip().Value!.Head.ShouldBe(new ChainPoint(4, head.HashValue));
        Answer<BlockHeader> header = bench.ReadHeader(head.Hash);
        header.Value!.Point.ShouldBe(new ChainPoint(4, head.HashValue));
        header.Value!.ParentHash.ToString().ShouldBe(head.ParentHash);
        using Block block = bench.ReadBlock(head.Hash).Value!;
        block.Header.Point.ShouldBe(new ChainPoint(4, head.HashValue));
        block.Header.ParentHash.ToString().ShouldBe(head.ParentHash);
        block.Header.Timestamp.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000 + (4 * 600)));
        Matching.Payments(block, bench.Format, bench.Watched).ShouldBe([Matching.Line(pay.Id, 0, "5", Bench.Alice)]);

        Answer<IReadOnlyList<Block>> range = bench.ReadBlocks(0, 100);
        range.Value!.Select(static read => read.Header.Point.Height).ShouldBe([0, 1, 2, 3, 4]);
        range.Value!.Skip(1).Zip(range.Value!).ShouldAllBe(static pair => pair.First.Header.ParentHash == pair.Second.Header.Point.Hash);
    }

    [Theory]
    [InlineData(NodeDialect.Modern)]
    [InlineData(NodeDialect.Legacy)]
    [InlineData(NodeDialect.Bcoin)]
    public void Errors_mean_the_same_in_every_dialect(NodeDialect dialect)
    {
        FakeChain chain = new();
        Bench bench = new(chain, new FakeNode(chain, dialect));

        Answer<Block> unknown = bench.ReadBlock(new string('1', 64));
        unknown.Kind.ShouldBe(AnswerKind.Unknown);
        unknown.Reason!.ShouldContain("not found");
        Answer<IReadOnlyList<Block>> beyond = bench.ReadBlocks(9, 5);
        beyond.Kind.ShouldBe(AnswerKind.NotYet);
        bench.Observed.Requests.Count(static request => request.Failure is not null).ShouldBeLessThanOrEqualTo(1);
        bench.Pool.ReadStandings()[0].Up.ShouldBeTrue("to know no such block is no fault of a node");
    }

    [Fact]
    public void A_height_beyond_the_end_is_not_yet_also_when_the_chain_gets_shorter_meanwhile()
    {
        FakeChain chain = new(blocks: 10);
        Bench bench = new(chain);
        bench.ReadBlocks(5, 2).IsFound.ShouldBeTrue();
        chain.Drop(3);

        bench.ReadBlocks(6, 10).Value!.Select(static block => block.Header.Point.Height).ShouldBe([6, 7]);
        bench.ReadBlocks(8, 10).Kind.ShouldBe(AnswerKind.NotYet);
    }

    [Theory]
    [InlineData("changed")]
    [InlineData("missing")]
    [InlineData("other")]
    [InlineData("cut")]
    [InlineData("object")]
    [InlineData("nothing")]
    [InlineData("no-hex")]
    public void A_block_that_does_not_prove_itself_is_asked_of_another_node(string fault)
    {
        FakeChain chain = new();
        MadeBlock head = chain.Mine(Bench.PayAlice(1), Bench.PayAlice(2, 70_000));
        FakeNode liar = new(chain);
        Bench bench = new(chain, liar, new FakeNode(chain));
        bench.ReadTip().IsFound.ShouldBeTrue();
        liar.Intercept = (method, parameters) => method != "getblock" ? null : fault switch
        {
            "changed" => head.Hex.Replace(Convert.ToHexStringLower(BitConverter.GetBytes(70_000L)), Convert.ToHexStringLower(BitConverter.GetBytes(90_000L)), StringComparison.Ordinal),
            "missing" => Convert.ToHexStringLower(head.With([.. head.Transactions.SkipLast(1)])),
            "other" => chain[2].Hex,
            "cut" => head.Hex[..^8],
            "object" => new JsonObject { ["hash"] = head.Hash, ["tx"] = new JsonArray() },
            "nothing" => "",
            _ => head.Hex.Replace('a', 'x'),
        };

        using Block block = bench.ReadBlock(head.Hash).Value!;
        block.Endpoint.ShouldBe("endpoint-2");
        Matching.Payments(block, bench.Format, bench.Watched).Count.ShouldBe(2);
        if (fault != "object")
        {
            bench.Observed.Refused.ShouldHaveSingleItem().ShouldStartWith("endpoint-1 ");
        }
    }

    [Fact]
    public void A_header_of_another_block_is_refused()
    {
        FakeChain chain = new();
        Bench bench = new(chain);
        bench.ReadTip();
        bench.Node.Intercept = (method, parameters) => method == "getblockheader" && !(bool)parameters[1]! ? Convert.ToHexStringLower(chain[1].Header) : null;

        bench.ReadHeader(chain[2].Hash).Kind.ShouldBe(AnswerKind.Unknown);
        bench.Observed.Refused.ShouldBe(["endpoint-1 block-hash"]);
    }

    [Fact]
    public void A_node_that_ignores_the_verbosity_is_refused_and_not_taken_for_one_with_empty_blocks()
    {
        FakeChain chain = new();
        Bench bench = new(chain, new FakeNode(chain, NodeDialect.Objects));

        Answer<ChainTip> tip = bench.ReadTip();
        tip.Kind.ShouldBe(AnswerKind.Unknown);
        tip.Reason!.ShouldContain("cannot be proven");
        bench.Pool.ReadStandings()[0].ReasonKind.ShouldBe("refused");
    }

    [Theory]
    [InlineData("main", null)]
    [InlineData("regtest", "1111111111111111111111111111111111111111111111111111111111111111")]
    public void A_node_of_another_chain_is_refused(string chainName, string? genesis)
    {
        FakeChain chain = new();
        Bench bench = new(chain, new FakeNode(chain) { ChainName = chainName }, new FakeNode(chain))
        {
            Network = genesis is null ? null : chain.Network with { Genesis = Hash256.Parse(genesis) },
        };

        Answer<ChainTip> tip = bench.ReadTip();
        tip.IsFound.ShouldBe(genesis is null, "the second node serves the right chain, unless none does");
        bench.Pool.ReadStandings().Single(static standing => standing.Name == "endpoint-1").ReasonKind.ShouldBe("refused");
    }

    [Fact]
    public void A_pruned_node_serves_what_it_has_and_another_is_asked_for_the_rest()
    {
        FakeChain chain = new(blocks: 6);
        Bench bench = new(chain, new FakeNode(chain) { PrunedBelow = 5 }, new FakeNode(chain));

        bench.ReadBlocks(5, 2).Value!.ShouldAllBe(static block => block.Endpoint == "endpoint-1");
        bench.ReadBlocks(2, 2).Value!.ShouldAllBe(static block => block.Endpoint == "endpoint-2");
        bench.Pool.ReadStandings().ShouldAllBe(static standing => standing.Up);
    }

    [Fact]
    public void A_node_in_its_first_download_does_not_tell_the_head()
    {
        FakeChain chain = new();
        Bench bench = new(chain, new FakeNode(chain) { IsDownloading = true, Lag = 2 }, new FakeNode(chain)) { Network = chain.Network with { IsDevelopment = false } };

        bench.ReadTip().Value!.Head.Height.ShouldBe(3);
        bench.Pool.ReadStandings().Single(static standing => standing.Name == "endpoint-1").Reason!.ShouldContain("downloading");
    }

    [Fact]
    public void A_node_that_warms_up_is_asked_again_later()
    {
        FakeChain chain = new();
        Bench bench = new(chain);
        bench.Node.Intercept = static (_, _) => throw new FakeRpcException(-28, "Loading block index…");
        bench.ReadTip().Reason!.ShouldContain("Loading");

        bench.Node.Intercept = null;
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        bench.ReadTip().IsFound.ShouldBeTrue();
    }

    [Fact]
    public void A_full_work_queue_is_left_alone_for_a_while()
    {
        FakeChain chain = new();
        Bench bench = new(chain);
        bench.ReadTip();
        bench.Node.Raw = static (_, _) => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("Work queue depth exceeded") };
        bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown);
        int sent = bench.Node.Requests;

        bench.ReadBlock(chain.Head.Hash).Kind.ShouldBe(AnswerKind.Unknown);
        bench.Pool.ReadStandings()[0].PausedFor.ShouldBeGreaterThan(TimeSpan.Zero);
        bench.Node.Requests.ShouldBeLessThanOrEqualTo(sent + 1);

        bench.Node.Raw = null;
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        bench.ReadTip().IsFound.ShouldBeTrue();
    }

    [Fact]
    public void Blocks_are_asked_for_so_that_an_answer_stays_of_a_good_size()
    {
        FakeChain chain = new(blocks: 300);
        Bench bench = new(chain);

        bench.ReadBlocks(1, 300).Value!.Count.ShouldBe(300);
        bench.Node.Count("getblockhash").ShouldBe(301);
        bench.Node.Requests.ShouldBeLessThan(16);
    }

    [Fact]
    public void Hostile_answers_are_refused_and_stop_nothing()
    {
        FakeChain chain = new();
        Bench bench = new(chain);
        bench.ReadTip();
        string deep = string.Concat(Enumerable.Repeat("[", 5_000)) + string.Concat(Enumerable.Repeat("]", 5_000));
        foreach (string result in new[] { deep, "{\"blocks\":1e400}", "{\"chain\":7,\"blocks\":-1,\"bestblockhash\":\"zz\"}", "[]", "null", "\"\"", "{\"blocks\":" + deep + "}" })
        {
            bench.Node.Raw = (_, body) => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent($"{{\"jsonrpc\":\"2.0\",\"id\":{JsonNode.Parse(body)!["id"]},\"result\":{result}}}") };
            bench.ReadTip().Kind.ShouldBe(AnswerKind.Unknown, result[..Math.Min(40, result.Length)]);
            bench.Time.Advance(TimeSpan.FromMinutes(2));
        }

        bench.Node.Raw = null;
        bench.ReadTip().IsFound.ShouldBeTrue();
    }
}
