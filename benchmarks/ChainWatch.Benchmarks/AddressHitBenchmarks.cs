using BenchmarkDotNet.Attributes;

namespace ChainWatch.Benchmarks;

/// <summary>How fast is it known that an address is watched? The bound: a <see cref="HashSet{T}"/> of the same keys.</summary>
[MemoryDiagnoser]
[PerformanceTarget("P3", nameof(Set), 0.85)]
public class AddressHitBenchmarks
{
    private AddressSamples _samples = null!;

    [Params(1_000, 1_000_000, 10_000_000)]
    public int Addresses { get; set; }

    [GlobalSetup]
    public void Setup() => _samples = new AddressSamples(Addresses);

    [Benchmark(Baseline = true, Description = "HashSet", OperationsPerInvoke = AddressSamples.Asked)]
    public int Bare() => _samples.CountInBare(_samples.Watched);

    [Benchmark(Description = "AddressSet", OperationsPerInvoke = AddressSamples.Asked)]
    public int Set() => _samples.CountInSet(_samples.Watched);
}
