using System.Text;

namespace ChainWatch.Evm.Tests;

public sealed class AllocationTests
{
    [Fact]
    public void Matching_allocates_nothing_for_transactions_that_pay_nobody_watched()
    {
        using EvmBlock block = Read(Answers.Of(2000));
        AddressSet watched = Bench.SetOf([.. Enumerable.Range(5000, 500).Select(FakeChain.Address)]);
        TransferList sink = new();

        Least(() => block.Match(watched, sink).ShouldBeTrue()).ShouldBe(Least(() => true.ShouldBeTrue()));
        sink.Transfers.ShouldBeEmpty();
    }

    [Fact]
    public void Reading_and_checking_a_block_allocates_nothing_for_each_transaction()
    {
        Answers small = Answers.Of(20);
        Answers large = Answers.Of(2000);

        // Code that is not optimised allocates a few bytes where vectors of a bloom that is not known yet are passed about: far less than one for each transaction.
        ((Least(() => Read(large).Dispose()) - Least(() => Read(small).Dispose())) / 1980).ShouldBe(0);
    }

    [Fact]
    public void Reading_checking_and_matching_a_block_that_pays_nobody_watched_allocates_nothing()
    {
        Answers answers = Answers.Of(20);
        AddressSet watched = Bench.SetOf([.. Enumerable.Range(5000, 500).Select(FakeChain.Address)]);
        int payments = 0;

        long least = Least(() =>
        {
            using BlockData data = BlockParser.Read(answers.Block, "endpoint-1", Plan, watched);
            _ = TransactionUniqueness.FindDuplicate(data);
            ReceiptParser.ReadAll(answers.Receipts, data, Plan, EvmChecks.None);
            payments += data.Movements.Count;
        });

        least.ShouldBe(0);
        payments.ShouldBe(0);
    }

    [Fact]
    public void Reading_a_range_of_logs_allocates_nothing_for_each_of_them()
    {
        AddressSet watched = Bench.SetOf([.. Enumerable.Range(5000, 500).Select(FakeChain.Address)]);
        long Of(int transactions)
        {
            Answers answers = Answers.Of(transactions);
            using BlockData data = BlockParser.Read(answers.Block, "endpoint-1", Plan, watched);
            List<BlockData> blocks = [data];
            return Least(() => RangeLogs.TryScan(answers.Logs, (data.Point.Height, data.Point.Height), blocks, Plan, out _).ShouldBeTrue());
        }

        // The receivers are noted once more each time, in rented memory that grows now and then.
        Of(2000).ShouldBe(Of(20));
    }

    [Fact]
    public void Reading_traces_allocates_nothing_for_each_of_them()
    {
        Answers small = Answers.Of(20);
        Answers large = Answers.Of(2000);

        Least(() => Trace(large)).ShouldBe(Least(() => Trace(small)));
    }

    [Fact]
    public void A_block_that_was_given_back_cannot_be_matched()
    {
        EvmBlock block = Read(Answers.Of(3));
        block.Dispose();
        block.Dispose();

        Should.Throw<ObjectDisposedException>(() => block.Match(Bench.SetOf(Bench.Alice), new TransferList()));
    }

    /// <summary>The least that some runs allocate: the pools of buffers are trimmed now and then, which is not the code's doing.</summary>
    private static long Least(Action action)
    {
        long least = long.MaxValue;
        for (int run = 0; run < 10; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static EvmBlock Read(Answers answers)
    {
        using BlockData data = BlockParser.Read(answers.Block, "endpoint-1", Plan);
        TransactionUniqueness.FindDuplicate(data).ShouldBeNull();
        ReceiptParser.ReadAll(answers.Receipts, data, Plan, EvmChecks.None);
        return data.ToBlock(Plan, readFor: null);
    }

    private static void Trace(Answers answers)
    {
        using BlockData data = BlockParser.Read(answers.Block, "endpoint-1", Plan);
        using CallFrames frames = new();
        CallTraceParser.ReadBlock(answers.Traces, data, frames);
    }

    private static WatchPlan Plan { get; } = new(
        new Asset { Symbol = "ETH", Decimals = 18 },
        [(new EvmAddress(Bench.Key(Bench.Usdc).Bytes), new Asset { Symbol = "USDC", Decimals = 6 })],
        internalTransfers: false,
        withdrawals: true);

    private sealed record Answers(byte[] Block, byte[] Receipts, byte[] Traces, byte[] Logs)
    {
        public static Answers Of(int transactions)
        {
            FakeChain chain = new();
            FakeBlock block = chain.Mine([.. Enumerable.Range(0, transactions)
                .Select(i => i % 2 == 0 ? chain.Pay(FakeChain.Address(i), i + 1) : chain.PayToken(Bench.Usdc, FakeChain.Address(i), i))]);
            return new Answers(
                Encoding.UTF8.GetBytes(block.ToJson(full: true).ToJsonString()),
                Encoding.UTF8.GetBytes(block.ReceiptsJson().ToJsonString()),
                Encoding.UTF8.GetBytes(block.TracesJson().ToJsonString()),
                Encoding.UTF8.GetBytes(new System.Text.Json.Nodes.JsonArray([.. block.LogsJson()]).ToJsonString()));
        }
    }
}
