using BenchmarkDotNet.Attributes;

namespace ChainWatch.Benchmarks;

/// <summary>How fast is it known that an address is not watched? Asked for nearly every transfer of every block. The bound: a <see cref="HashSet{T}"/> of the same keys.</summary>
[MemoryDiagnoser]
[PerformanceTarget("P3", nameof(Set), 0.12)]
public class AddressMissBenchmarks
{
    private AddressSamples _samples = null!;

    [Params(1_000, 1_000_000, 10_000_000)]
    public int Addresses { get; set; }

    [GlobalSetup]
    public void Setup() => _samples = new AddressSamples(Addresses);

    [Benchmark(Baseline = true, Description = "HashSet", OperationsPerInvoke = AddressSamples.Asked)]
    public int Bare() => _samples.CountInBare(_samples.Strangers);

    [Benchmark(Description = "AddressSet", OperationsPerInvoke = AddressSamples.Asked)]
    public int Set() => _samples.CountInSet(_samples.Strangers);
}
