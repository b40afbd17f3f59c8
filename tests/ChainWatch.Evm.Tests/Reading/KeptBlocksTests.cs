using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Evm.Tests;

/// <summary>Back-scans over the same final blocks ask for them once, and nothing else is answered from memory.</summary>
public sealed class KeptBlocksTests
{
    private readonly FakeChain _chain = new();
    private readonly DocumentedPage _page = new("docs/providers.md");

    [Theory]
    [InlineData("native coin only", true, false, EvmCatchUp.Logs)]
    [InlineData("native coin and tokens", true, true, EvmCatchUp.Logs)]
    [InlineData("tokens only", false, true, EvmCatchUp.Logs)]
    [InlineData("`CatchUp` `Receipts`", true, true, EvmCatchUp.Receipts)]
    public void A_second_back_scan_over_1000_final_blocks(string watched, bool native, bool tokens, EvmCatchUp catchUp)
    {
        MinePaying(1000, native);
        Bench bench = CreateBench(native, tokens, catchUp);
        (int first, _) = Measure(bench, () => bench.ScanBack(1, 1000, FakeChain.Address(900)).ShouldBeEmpty());
        (int second, int requests) = Measure(bench, () => bench.ScanBack(1, 1000, FakeChain.Address(901)).ShouldBeEmpty());
        (int paid, _) = Measure(bench, () => bench.ScanBack(1, 1000, Bench.Bob).Count.ShouldBe(5));

        _page.Requires($"1,000 final blocks, {watched}", first, second, requests, (paid - second) / 5);
        bench.Kept!.Bytes.ShouldBeInRange(1, 32 * 1024 * 1024);
    }

    [Fact]
    public void What_is_answered_from_memory_is_what_the_endpoint_would_say()
    {
        MinePaying(300);
        Bench kept = CreateBench(native: true, tokens: true, EvmCatchUp.Logs);
        kept.ScanBack(1, 300, Bench.Alice);
        Bench asked = new Bench(_chain).Watch(Bench.Alice, Bench.Bob);
        asked.ReadTip();

        kept.ScanBack(1, 300, Bench.Alice, Bench.Bob).ShouldBe([.. asked.PaymentsInRange(1, 200), .. asked.PaymentsInRange(201, 100)]);
    }

    [Fact]
    public void Nothing_above_the_final_block_is_kept()
    {
        MinePaying(100);
        _chain.Finalized = 60;
        Bench bench = CreateBench(native: true, tokens: false, EvmCatchUp.Receipts);
        bench.ScanBack(1, 100, Bench.Alice);
        int before = bench.Node.Calls.Count;

        bench.ScanBack(1, 100, Bench.Bob);

        string[] again = [.. bench.Node.Calls.Skip(before).Where(static call => call.StartsWith("eth_getBlockByNumber", StringComparison.Ordinal))];
        again.Length.ShouldBe(40);
        again[0].ShouldContain("0x3d", customMessage: "61 is the first above the final block");
    }

    [Fact]
    public void Without_a_final_mark_only_what_lies_deep_is_kept()
    {
        MinePaying(100);
        Bench bench = CreateBench(native: true, tokens: false, EvmCatchUp.Receipts, hasTags: false);
        bench.ScanBack(1, 100, Bench.Alice);
        int before = bench.Node.Count("eth_getBlockByNumber");

        bench.ScanBack(1, 100, Bench.Bob);

        (bench.Node.Count("eth_getBlockByNumber") - before).ShouldBe(64, "the head is at 100, and 64 blocks make one final");
    }

    [Fact]
    public void A_mark_that_was_not_asked_for_makes_nothing_final()
    {
        MinePaying(100);
        Bench bench = CreateBench(native: true, tokens: false, EvmCatchUp.Logs);
        EvmEndpoint endpoint = Prepare(bench);
        endpoint.SawHead(100);

        endpoint.IsFinal(1).ShouldBeFalse();
    }

    [Fact]
    public void Whoever_does_not_scan_back_asks_the_endpoint()
    {
        MinePaying(100);
        Bench bench = CreateBench(native: true, tokens: true, EvmCatchUp.Logs).Watch(Bench.Bob);
        bench.ScanBack(1, 50, Bench.Alice);
        (int calls, _) = Measure(bench, () => bench.PaymentsInRange(1, 50));
        calls.ShouldBeGreaterThanOrEqualTo(50);
    }

    [Fact]
    public void Who_wants_to_hear_it_from_another_endpoint_hears_it_from_there()
    {
        MinePaying(100);
        FakeNode one = new(_chain);
        FakeNode two = new(_chain);
        Bench bench = new(_chain, one, two) { Kept = Keep(new Testing.ManualTimeProvider()) };
        bench.ReadTip();
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        bench.ScanBack(1, 50, Bench.Alice);
        FakeNode asked = one.Calls.Count > two.Calls.Count ? one : two;
        FakeNode other = asked == one ? two : one;
        string name = asked == one ? "endpoint-1" : "endpoint-2";
        bool second = false;
        for (int pass = 0; pass < 2; pass++)
        {
            int before = other.Count("eth_getBlockByNumber");
            Answer<IReadOnlyList<Block>> answer = bench.Run(async () =>
            {
                using FinalAnswersScope scope = FinalAnswersScope.Begin();
                return await EndpointChoice.AskAsync(endpoint => endpoint != name, () => bench.Reader.ReadBlocksAsync(1, 50, Bench.SetOf(Bench.Alice), CancellationToken.None), CancellationToken.None);
            });
            answer.IsFound.ShouldBeTrue(answer.Reason);
            answer.Value![0].Endpoint.ShouldNotBe(name);
            (other.Count("eth_getBlockByNumber") - before).ShouldBeGreaterThanOrEqualTo(50, second ? "nor does it hear its own answer from memory" : null);
            second = true;
        }
    }

    [Fact]
    public void What_one_endpoint_said_does_not_serve_for_another()
    {
        MinePaying(100);
        FakeNode one = new(_chain);
        FakeNode two = new(_chain);
        Bench bench = new(_chain, one, two) { Kept = Keep(new Testing.ManualTimeProvider()) };
        bench.ReadTip();
        bench.ScanBack(1, 50, Bench.Alice);
        bench.Pool.PreferAnother();
        int before = one.Count("eth_getBlockByNumber") + two.Count("eth_getBlockByNumber");

        bench.ScanBack(1, 50, Bench.Alice);

        (one.Count("eth_getBlockByNumber") + two.Count("eth_getBlockByNumber") - before).ShouldBeGreaterThanOrEqualTo(50);
    }

    [Fact]
    public void A_failed_check_makes_it_forgotten()
    {
        MinePaying(200);
        Bench bench = CreateBench(native: true, tokens: false, EvmCatchUp.Logs);
        bench.ScanBack(1, 50, Bench.Alice);
        bench.Node.Intercept = (method, parameters) => method == "eth_getBlockByNumber" && (string)parameters[0]! == "0x33" ? _chain[7].ToJson(full: true) : null;

        Answer<IReadOnlyList<Block>> torn = bench.Run(async () =>
        {
            using FinalAnswersScope scope = FinalAnswersScope.Begin();
            return await bench.Reader.ReadBlocksAsync(1, 60, Bench.SetOf(Bench.Alice), CancellationToken.None);
        });

        torn.IsFound.ShouldBeFalse();
        bench.Kept!.Bytes.ShouldBe(0);
        bench.Node.Intercept = null;
        bench.ScanBack(1, 60, Bench.Alice);
    }

    [Fact]
    public void A_wrong_block_that_was_kept_does_not_come_back_for_ever()
    {
        MinePaying(200);
        Bench bench = CreateBench(native: true, tokens: false, EvmCatchUp.Logs);
        JsonNode other = _chain[50].ToJson(full: true);
        other["hash"] = _chain.NextHash();
        bench.Node.Intercept = (method, parameters) => method == "eth_getBlockByNumber" && (string)parameters[0]! == "0x32" ? other.DeepClone() : null;
        bench.ScanBack(1, 50, Bench.Alice);
        bench.Node.Intercept = null;

        Answer<IReadOnlyList<Block>> torn = bench.Run(async () =>
        {
            using FinalAnswersScope scope = FinalAnswersScope.Begin();
            return await bench.Reader.ReadBlocksAsync(1, 60, Bench.SetOf(Bench.Alice), CancellationToken.None);
        });
        torn.IsFound.ShouldBeFalse("block 51 does not follow what was kept");

        bench.ScanBack(1, 60, Bench.Alice);
    }

    [Fact]
    public void An_endpoint_that_connects_anew_is_asked_anew()
    {
        MinePaying(100);
        Bench bench = CreateBench(native: true, tokens: false, EvmCatchUp.Logs);
        bench.ScanBack(1, 50, Bench.Alice);
        bench.Pool.Reconnect();
        bench.ReadTip();

        bench.Kept!.Bytes.ShouldBe(0);
    }

    [Fact]
    public void The_reader_forgets_when_it_is_told_to()
    {
        MinePaying(100);
        Bench bench = CreateBench(native: true, tokens: false, EvmCatchUp.Logs);
        bench.ScanBack(1, 50, Bench.Alice);
        bench.Kept!.Bytes.ShouldBeGreaterThan(0);

        bench.Reader.Forget();

        bench.Kept.Bytes.ShouldBe(0);
    }

    private static EvmEndpoint Prepare(Bench bench)
    {
        _ = bench.Reader;
        return bench.Endpoints[0];
    }

    private static FinalAnswers Keep(TimeProvider time) => new(32 * 1024 * 1024, TimeSpan.FromHours(1), time);

    private Bench CreateBench(bool native, bool tokens, EvmCatchUp catchUp, bool hasTags = true)
    {
        Bench bench = new(_chain) { Native = native, Tokens = tokens, CatchUp = catchUp, Kept = Keep(new Testing.ManualTimeProvider()) };
        bench.Node.HasTags = hasTags;
        return bench;
    }

    /// <summary>Blocks of which every tenth has transactions, five of them with a payment to Bob, and all of which are final.</summary>
    private void MinePaying(int blocks, bool native = true)
    {
        for (int height = 1; height <= blocks; height++)
        {
            int paying = Math.Max(1, blocks / 5);
            if (height % paying == 0)
            {
                _chain.Mine(_chain.Pay(FakeChain.Address(300), 5), native ? _chain.Pay(Bench.Bob, 7) : _chain.PayToken(Bench.Usdc, Bench.Bob, 7), _chain.PayToken(Bench.Usdc, FakeChain.Address(301), 5));
            }
            else if (height % 10 == 0)
            {
                _chain.Mine(_chain.Pay(FakeChain.Address(300), 5), _chain.PayToken(Bench.Usdc, FakeChain.Address(301), 5));
            }
            else
            {
                _chain.Mine();
            }
        }

        _chain.Finalized = _chain.Head.Number;
    }

    private static (int Calls, int Requests) Measure(Bench bench, Action work)
    {
        bench.ReadTip();
        int calls = bench.Node.Calls.Count;
        int requests = bench.Node.Requests;
        work();
        return (bench.Node.Calls.Count - calls, bench.Node.Requests - requests);
    }
}
