using System.Text.Json;
using BenchmarkDotNet.Attributes;
using ChainWatch.Evm;

namespace ChainWatch.Benchmarks;

/// <summary>
/// From a node's bytes to the payments in them, all checks made, against a million watched addresses; the time is that of a block with its receipts. The bound: a bare
/// <see cref="Utf8JsonReader"/> that goes from token to token over the same bytes and does nothing with them.
/// </summary>
[MemoryDiagnoser]
[PerformanceTarget("P1", nameof(Read_check_and_match), 3, Speed = true)]
public class EvmMatchBenchmarks
{
    private const int Different = 8;
    private const int Transactions = 150;

    private EvmBlockJson[] _blocks = null!;
    private WatchPlan _plan = null!;
    private AddressSet _watched = null!;
    private int _next;

    /// <summary>How many transfers each call of a token leaves; every second transaction is such a call.</summary>
    [Params(1, 4)]
    public int LogsOfCall { get; set; }

    /// <summary>Among how many addresses the senders and receivers of all blocks are. With 0 each is another one, which is the worst for the check of the bloom: each is hashed.</summary>
    [Params(0, 1_000)]
    public int Accounts { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _blocks = [.. Enumerable.Range(1, Different).Select(seed => EvmBlockJson.Create(Transactions, seed, LogsOfCall, Accounts))];
        _plan = EvmBlockJson.PlanFor(_blocks[0].Token);
        var random = new Random(2);
        var key = new byte[20];
        _watched = AddressSet.Create(20, 1_000_000).Add(Enumerable.Range(0, 1_000_000).Select(_ =>
        {
            random.NextBytes(key);
            return new AddressKey(key);
        }));
    }

    [Benchmark(Baseline = true, Description = "Utf8JsonReader.Read alone")]
    public long Reader()
    {
        var json = Next();
        return Walk(json.Block) + Walk(json.Receipts);
    }

    [Benchmark(Description = "read, check and match")]
    public int Read_check_and_match()
    {
        var json = Next();
        using var block = BlockParser.Read(json.Block, "bench", _plan, _watched);
        return Check(block, json);
    }

    [Benchmark(Description = "the same, and make the block that the engine commits")]
    public int Make_the_block()
    {
        var json = Next();
        using var data = BlockParser.Read(json.Block, "bench", _plan, _watched);
        Check(data, json);
        using var block = data.ToBlock(_plan, readFor: null);
        return block.Size;
    }

    [Benchmark(Description = "the slow way, for unusual spellings")]
    public int Slow_way()
    {
        var json = Next();
        using var block = BlockParser.ReadWithCare(json.Block, "bench", _plan, _watched);
        ReceiptParser.ReadAllWithCare(json.Receipts, block, _plan, EvmChecks.None);
        return block.Movements.Count;
    }

    private int Check(BlockData block, EvmBlockJson json)
    {
        if (TransactionUniqueness.FindDuplicate(block) is not null)
        {
            throw new InvalidOperationException("A transaction stands twice in a block.");
        }

        ReceiptParser.ReadAll(json.Receipts, block, _plan, EvmChecks.None);
        return block.Movements.Count;
    }

    private EvmBlockJson Next() => _blocks[_next++ % Different];

    private static long Walk(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        var tokens = 0L;
        while (reader.Read())
        {
            tokens++;
        }

        return tokens;
    }
}
