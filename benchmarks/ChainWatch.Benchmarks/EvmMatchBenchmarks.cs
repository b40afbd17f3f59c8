using BenchmarkDotNet.Attributes;
using ChainWatch.Evm;

namespace ChainWatch.Benchmarks;

/// <summary>From a node's bytes to the payments in them: a block with 200 transactions, against a million watched addresses.</summary>
[MemoryDiagnoser]
public class EvmMatchBenchmarks
{
    private const int KeyLength = 20;
    private const int Transactions = 200;

    private EvmBlockJson _json = null!;
    private WatchPlan _plan = null!;
    private Block _block = null!;
    private AddressSet _addresses = null!;
    private CountingSink _sink = null!;

    /// <summary>How many of the block's transactions pay a watched address.</summary>
    [Params(0, 2)]
    public int Payments { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _json = EvmBlockJson.Create(Transactions, seed: 1);
        _plan = EvmBlockJson.PlanFor(_json.Token);
        var random = new Random(2);
        var key = new byte[KeyLength];
        _addresses = AddressSet.Create(KeyLength, 1_000_000)
            .Add(Enumerable.Range(0, 1_000_000).Select(_ =>
            {
                random.NextBytes(key);
                return new AddressKey(key);
            }))
            .Add(_json.Receivers.Take(Payments).Select(EvmFormat.Instance.ParseAddress));
        _block = Read();
        _sink = new CountingSink();
    }

    [Benchmark(Description = "parse, check and match", OperationsPerInvoke = Transactions)]
    public int Parse_check_and_match()
    {
        using var block = Read();
        return Match(block);
    }

    [Benchmark(Description = "match again", OperationsPerInvoke = Transactions)]
    public int Match_again() => Match(_block);

    private EvmBlock Read()
    {
        var data = BlockParser.Read(_json.Block, "bench", _plan);
        ReceiptParser.ReadAll(_json.Receipts, data, _plan, EvmChecks.None);
        var block = data.ToBlock(_plan, readFor: null);
        data.Dispose();
        return block;
    }

    private int Match(Block block)
    {
        _sink.Count = 0;
        block.Match(_addresses, _sink);
        return _sink.Count == Payments ? _sink.Count : throw new InvalidOperationException($"{_sink.Count} payments were found, {Payments} are there.");
    }
}
