using System.Text.Json;
using BenchmarkDotNet.Attributes;
using ChainWatch.Evm;

namespace ChainWatch.Benchmarks;

/// <summary>From the answer to <c>eth_getLogs</c> to the payments in it, as catching up reads it. The bound: a bare <see cref="Utf8JsonReader"/> over the same bytes.</summary>
[MemoryDiagnoser]
[PerformanceTarget("P1", nameof(Read_check_and_match), 3, Speed = true)]
public class EvmLogsBenchmarks
{
    private EvmBlockJson _json = null!;
    private WatchPlan _plan = null!;
    private List<BlockData> _blocks = [];

    [Params(1_000, 1_000_000)]
    public int Addresses { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _json = EvmBlockJson.Create(transactions: 150, seed: 1, logsOfCall: 4);
        _plan = EvmBlockJson.PlanFor(_json.Token);
        var random = new Random(2);
        var key = new byte[20];
        var watched = AddressSet.Create(20, Addresses).Add(Enumerable.Range(0, Addresses).Select(_ =>
        {
            random.NextBytes(key);
            return new AddressKey(key);
        }));
        _blocks = [BlockParser.Read(_json.Block, "bench", _plan, watched)];
    }

    [Benchmark(Baseline = true, Description = "Utf8JsonReader.Read alone")]
    public long Reader()
    {
        var reader = new Utf8JsonReader(_json.LogsOnly);
        var tokens = 0L;
        while (reader.Read())
        {
            tokens++;
        }

        return tokens;
    }

    [Benchmark(Description = "read, check and match")]
    public int Read_check_and_match()
    {
        var block = _blocks[0];
        var before = block.Here;
        RangeLogs.Read(_json.LogsOnly, (block.Point.Height, block.Point.Height), _blocks, _plan);
        var found = block.Movements.Count;
        block.GoBack(before, 0, 0);
        return found;
    }

    [Benchmark(Description = "pass over it, as the envelope does")]
    public bool Pass_over()
    {
        var json = new JsonScanner(_json.LogsOnly);
        return json.PassOver();
    }
}
