using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Evm.Tests;

/// <summary>What reading an EVM chain costs, measured, and told in docs/providers.md.</summary>
public sealed class ProviderCallsTests
{
    private const int Transactions = 10;
    private readonly DocumentedPage _page = new("docs/providers.md");

    [Theory]
    [InlineData("native coin and tokens", true, false)]
    [InlineData("tokens only", false, false)]
    [InlineData("native coin with `InternalTransfers`, and tokens", true, true)]
    public void A_block_at_the_head(string watched, bool native, bool traced)
    {
        FakeChain chain = new();
        FakeBlock block = Mine(chain, paying: 2);
        Bench bench = new Bench(chain) { Native = native, Internal = traced }.Watch(Bench.Alice);
        (int calls, int requests) = Measure(bench, () => bench.PaymentsAtTip(block).Count.ShouldBe(2));

        _page.Requires(watched, calls, 0, requests);
    }

    [Theory]
    [InlineData("native coin and tokens, no `eth_getBlockReceipts`", true, "1 + transactions")]
    [InlineData("tokens only, no `eth_getBlockReceipts`", false, "2")]
    public void A_block_at_the_head_without_receipts_of_blocks(string watched, bool native, string told)
    {
        FakeChain chain = new();
        FakeBlock block = Mine(chain, paying: 2);
        Bench bench = new Bench(chain) { Native = native }.Watch(Bench.Alice);
        bench.Node.Missing.Add("eth_getBlockReceipts");
        bench.PaymentsAtTip(block);
        (int calls, int requests) = Measure(bench, () => bench.PaymentsAtTip(block).Count.ShouldBe(2));

        calls.ShouldBe(native ? 1 + Transactions : 2 + 2);
        _page.Requires(watched, told, native ? 0 : 1, requests);
    }

    [Theory]
    [InlineData("native coin and tokens, 100 settled blocks", true, EvmCatchUp.Logs, IntegrityLevel.Intrinsic)]
    [InlineData("tokens only, 100 settled blocks", false, EvmCatchUp.Logs, IntegrityLevel.Intrinsic)]
    [InlineData("100 settled blocks with `CatchUp` `Receipts`", true, EvmCatchUp.Receipts, IntegrityLevel.Intrinsic)]
    public void Settled_blocks(string watched, bool native, EvmCatchUp catchUp, IntegrityLevel level)
    {
        FakeChain chain = new();
        chain.MineEmpty(20);
        Mine(chain, paying: 2);
        chain.MineEmpty(200);
        Bench none = new Bench(chain) { Native = native, CatchUp = catchUp, Level = level }.Watch(FakeChain.Address(999));
        (int withoutPayment, int requests) = Measure(none, () => none.PaymentsInRange(1, 100).ShouldBeEmpty());
        Bench some = new Bench(chain) { Native = native, CatchUp = catchUp, Level = level }.Watch(Bench.Alice);
        (int withPayments, _) = Measure(some, () => some.PaymentsInRange(1, 100).Count.ShouldBe(2));

        _page.Requires(watched, withoutPayment, (withPayments - withoutPayment) / 2, requests);
    }

    [Fact]
    public void A_settled_block_that_pays_often()
    {
        FakeChain chain = new();
        chain.Mine([.. Enumerable.Range(0, 13).Select(_ => chain.PayToken(Bench.Usdc, Bench.Alice, 5))]);
        chain.MineEmpty(200);
        Bench bench = new Bench(chain).Watch(Bench.Alice);
        (int calls, int requests) = Measure(bench, () => bench.PaymentsInRange(1, 1).Count.ShouldBe(13));

        _page.Requires("a settled block in which more than 12 transactions pay", calls, 0, requests);
    }

    [Fact]
    public void A_look_at_the_head()
    {
        FakeChain chain = new();
        chain.MineEmpty(10);
        Bench bench = new(chain);
        (int calls, int requests) = Measure(bench, () => bench.ReadTip().IsFound.ShouldBeTrue());
        _page.Requires("a look at the head", calls, "", requests);
        bench.Time.Advance(TimeSpan.FromMinutes(2));
        (calls, requests) = Measure(bench, () => bench.ReadTip().IsFound.ShouldBeTrue(), warm: false);
        _page.Requires("a look at the head and the chain's marks, every few seconds at most", calls, "", requests);
    }

    [Fact]
    public void What_a_further_endpoint_is_asked_for_a_quorum()
    {
        FakeChain chain = new();
        chain.MineEmpty(10);
        Bench bench = new(chain);
        (int calls, int requests) = Measure(bench, () => bench.Run(() => bench.Reader.ReadHeaderAtAsync(5, CancellationToken.None)).IsFound.ShouldBeTrue());
        _page.Requires("`Quorum`, each further endpoint and commit", calls, "", requests);
    }

    [Fact]
    public void The_size_of_answers()
    {
        string folder = VectorFiles.Folder("execution-apis-tests");
        byte[] block = VectorFiles.Result(folder, "eth_getBlockByNumber/get-latest.io");
        byte[] receipts = VectorFiles.Result(folder, "eth_getBlockReceipts/get-block-receipts-latest.io");
        JsonObject hashes = JsonNode.Parse(block)!.AsObject();
        JsonArray bodies = hashes["transactions"]!.AsArray();
        int transactions = bodies.Count;
        int bodyBytes = bodies.Sum(static body => body!.ToJsonString().Length);
        int header = block.Length - bodyBytes;

        _page.Requires("header", Rounded(header));
        _page.Requires("a transaction, whole", Rounded(bodyBytes / transactions));
        _page.Requires("a transaction, its hash only", 69);
        _page.Requires("a receipt without logs", Rounded(Least(receipts)));
    }

    private static int Least(byte[] receipts) => JsonNode.Parse(receipts)!.AsArray().Where(static receipt => receipt!["logs"]!.AsArray().Count == 0).Min(static receipt => receipt!.ToJsonString().Length);

    private static int Rounded(int bytes) => (bytes + 50) / 100 * 100;

    private static FakeBlock Mine(FakeChain chain, int paying)
    {
        FakeTransaction[] transactions = new FakeTransaction[Transactions];
        for (int index = 0; index < transactions.Length; index++)
        {
            transactions[index] = chain.PayToken(Bench.Usdc, index < paying ? Bench.Alice : FakeChain.Address(300 + index), 5);
        }

        return chain.Mine(transactions);
    }

    /// <summary>Counts what an endpoint is asked that is connected already, and whose head is known.</summary>
    private static (int Calls, int Requests) Measure(Bench bench, Action work, bool warm = true)
    {
        if (warm)
        {
            bench.ReadTip();
        }

        int calls = bench.Node.Calls.Count;
        int requests = bench.Node.Requests;
        work();
        return (bench.Node.Calls.Count - calls, bench.Node.Requests - requests);
    }
}
