using BenchmarkDotNet.Attributes;
using ChainWatch.Evm;

namespace ChainWatch.Benchmarks;

/// <summary>
/// What each level of <c>Integrity</c> costs: one block and its receipts, read and matched against a million watched addresses. What <see cref="IntegrityLevel.Corroborated"/> asks of the node beyond the others is not in
/// it: that is a matter of bytes and calls.
/// </summary>
[MemoryDiagnoser]
[PerformanceTarget("Integrity", nameof(Intrinsic), double.NaN)]
[PerformanceTarget("Integrity", nameof(Corroborated), double.NaN)]
public class EvmIntegrityBenchmarks
{
    private const int Transactions = 150;

    private ProvenEvmBlock _json = null!;
    private WatchPlan _plan = null!;
    private AddressSet _watched = null!;

    [GlobalSetup]
    public void Setup()
    {
        var made = EvmBlockJson.Create(Transactions, seed: 1, logsOfCall: 4, accounts: 1_000);
        _json = ProvenEvmBlock.Create(made);
        _plan = EvmBlockJson.PlanFor(made.Token);
        var random = new Random(2);
        var key = new byte[20];
        _watched = AddressSet.Create(20, 1_000_000).Add(Enumerable.Range(0, 1_000_000).Select(_ =>
        {
            random.NextBytes(key);
            return new AddressKey(key);
        }));
        Console.WriteLine($"// {Transactions} transactions, {_json.Logs} logs: {_json.Block.Length} bytes of block, {_json.Receipts.Length} of receipts");
    }

    [Benchmark(Baseline = true, Description = "off")]
    public int Off() => Read(IntegrityLevel.Off);

    [Benchmark(Description = "intrinsic")]
    public int Intrinsic() => Read(IntegrityLevel.Intrinsic);

    [Benchmark(Description = "corroborated")]
    public int Corroborated() => Read(IntegrityLevel.Corroborated);

    /// <summary>In the order of <see cref="BlockReading"/>.</summary>
    private int Read(IntegrityLevel level)
    {
        var skipped = CheckLevels.SkippedAt(level, EvmChecks.None);
        using var data = BlockParser.Read(_json.Block, "bench", _plan, _watched);
        if (CheckLevels.Proves(skipped))
        {
            data.ReceiptsRoot = BlockProof.CheckBlock(_json.Block, "bench", skipped);
        }

        if (TransactionUniqueness.FindDuplicate(data) is not null)
        {
            throw new InvalidOperationException("A transaction stands twice in a block.");
        }

        ReceiptParser.ReadAll(_json.Receipts, data, _plan, skipped);
        if (data.ReceiptsRoot is { } root)
        {
            BlockProof.CheckReceipts(_json.Receipts, root, data.Point, "bench");
        }

        using var block = data.ToBlock(_plan, readFor: null);
        return block.Size;
    }
}
