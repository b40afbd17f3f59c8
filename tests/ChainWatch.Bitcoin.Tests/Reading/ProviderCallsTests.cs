using ChainWatch.TestInfrastructure;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>What reading a chain of Bitcoin's kind costs, measured, and told in docs/providers.md.</summary>
public sealed class ProviderCallsTests
{
    private readonly DocumentedPage _page = new("docs/providers.md");
    private readonly Bench _bench = new(new FakeChain(blocks: 150));

    [Fact]
    public void A_block_at_the_head_with_and_without_a_payment()
    {
        MadeBlock empty = _bench.Chain.Mine();
        (int calls, int requests) = Measure(() => _bench.ReadBlock(empty.Hash).Value!.Dispose());
        MadeBlock paying = _bench.Chain.Mine(Bench.PayAlice(1));
        (int withPayment, _) = Measure(() => _bench.ReadBlock(paying.Hash).Value!.Dispose());

        _page.Requires("a block at the head", calls, withPayment - calls, requests);
    }

    [Fact]
    public void Blocks_while_catching_up()
    {
        (int calls, int requests) = Measure(() => _bench.ReadBlocks(1, 100).Value!.Count.ShouldBe(100));
        _page.Requires("100 blocks, catching up", calls, 0, requests);
    }

    [Fact]
    public void A_look_at_the_head()
    {
        (int calls, int requests) = Measure(() => _bench.ReadTip().IsFound.ShouldBeTrue());
        _page.Requires("a look at the head, bitcoin", calls, "", requests);
    }

    [Fact]
    public void What_a_further_node_is_asked_for_a_quorum()
    {
        (int calls, int requests) = Measure(() => _bench.Run(() => _bench.Reader.ReadHeaderAtAsync(5, CancellationToken.None)).IsFound.ShouldBeTrue());
        _page.Requires("`Quorum`, each further node and commit", calls, "", requests);
    }

    /// <summary>Counts what a node is asked that is connected already, and whose head is known.</summary>
    private (int Calls, int Requests) Measure(Action work)
    {
        _bench.ReadTip();
        int calls = _bench.Node.Calls.Count;
        int requests = _bench.Node.Requests;
        work();
        return (_bench.Node.Calls.Count - calls, _bench.Node.Requests - requests);
    }
}
