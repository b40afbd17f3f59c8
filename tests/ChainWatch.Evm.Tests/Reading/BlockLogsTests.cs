using System.Text.Json.Nodes;

namespace ChainWatch.Evm.Tests;

/// <summary>Where only tokens matter, an endpoint without <c>eth_getBlockReceipts</c> is asked for a block's logs, not for each of its receipts.</summary>
public sealed class BlockLogsTests
{
    [Fact]
    public void A_block_is_read_by_its_logs_and_the_receipts_of_what_pays()
    {
        (FakeChain chain, FakeBlock block) = Busy();
        IReadOnlyList<string> expected = new Bench(chain) { Native = false }.Watch(Bench.Alice).PaymentsAtTip(block);
        expected.Count.ShouldBe(1);

        Bench bench = Without(chain).Watch(Bench.Alice);
        bench.PaymentsAtTip(block).ShouldBe(expected);
        bench.Node.Calls.Clear();
        bench.PaymentsAtTip(block).ShouldBe(expected);

        bench.Node.Count("eth_getLogs").ShouldBe(1);
        bench.Node.Count("eth_getTransactionReceipt").ShouldBe(1, "of the block's 30 transactions one pays");
    }

    [Fact]
    public void Logs_that_are_not_there_yet_are_noticed_by_the_bloom()
    {
        (FakeChain chain, FakeBlock block) = Busy();
        Bench bench = Without(chain).Watch(Bench.Alice);
        bench.PaymentsAtTip(block);
        bench.Node.Intercept = static (method, _) => method == "eth_getLogs" ? new JsonArray() : null;

        bench.PaymentsAtTip(block).ShouldHaveSingleItem();
    }

    [Fact]
    public void An_address_that_came_later_is_matched_or_the_block_read_again()
    {
        (FakeChain chain, FakeBlock block) = Busy();
        Bench bench = Without(chain).Watch(Bench.Alice);
        bench.PaymentsAtTip(block);
        using Block read = bench.ReadBlock(block.Hash).Value!;

        read.Match(Bench.SetOf(Bench.Bob), new TransferList()).ShouldBeTrue("nobody paid him");
        read.Match(Bench.SetOf(FakeChain.Address(205)), new TransferList()).ShouldBeFalse("what was paid to that one was not proven");
    }

    [Fact]
    public void An_endpoint_that_takes_no_such_filter_gives_each_receipt()
    {
        (FakeChain chain, FakeBlock block) = Busy();
        Bench bench = Without(chain).Watch(Bench.Alice);
        bench.Node.Missing.Add("eth_getLogs");
        bench.PaymentsAtTip(block);
        bench.PaymentsAtTip(block).ShouldHaveSingleItem();
        bench.Node.Calls.Clear();
        bench.PaymentsAtTip(block).ShouldHaveSingleItem();
        bench.Node.Count("eth_getLogs").ShouldBe(0, "what an endpoint does not have is remembered");
    }

    [Theory]
    [InlineData(-32000, "exceed max addresses or topics per search position")]
    [InlineData(-32602, "query returned more than 10000 results")]
    public void Logs_that_are_refused_are_read_from_the_receipts_also_without_a_bloom_to_warn(long code, string message)
    {
        (FakeChain chain, FakeBlock block) = Busy();
        Bench bench = Without(chain, EvmChecks.Bloom).Watch(Bench.Alice);
        bench.PaymentsAtTip(block);
        bench.Node.Intercept = (method, _) => method == "eth_getLogs" ? throw new FakeRpcException(code, message) : null;

        bench.PaymentsAtTip(block).ShouldHaveSingleItem();
    }

    private static Bench Without(FakeChain chain, EvmChecks skipped = EvmChecks.None)
    {
        Bench bench = new(chain) { Native = false, Skipped = skipped };
        bench.Node.Missing.Add("eth_getBlockReceipts");
        return bench;
    }

    private static (FakeChain Chain, FakeBlock Block) Busy()
    {
        FakeChain chain = new();
        FakeTransaction[] others = [.. Enumerable.Range(0, 29).Select(number => chain.PayToken(Bench.Usdc, FakeChain.Address(200 + number), 3))];
        return (chain, chain.Mine([.. others, chain.PayToken(Bench.Usdc, Bench.Alice, 2)]));
    }
}
