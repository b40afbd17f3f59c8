using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;

namespace ChainWatch.Benchmarks;

/// <summary>What does a registration cost, the next snapshot of the one before? The bound: adding the same keys to a <see cref="HashSet{T}"/>, which has no snapshots.</summary>
[MemoryDiagnoser]
public class AddressAddBenchmarks
{
    private const int Added = 10;

    private AddressSamples _samples = null!;
    private AddressSet _growing = null!;
    private long _number;

    [Params(1_000, 1_000_000, 10_000_000)]
    public int Addresses { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _samples = new AddressSamples(Addresses);
        _growing = _samples.Set;
    }

    [Benchmark(Baseline = true, Description = "HashSet", OperationsPerInvoke = Added)]
    public int Bare()
    {
        for (var index = 0; index < Added; index++)
        {
            _samples.Bare.Add(new KeyOf20((ulong)++_number, 0, 0));
        }

        return _samples.Bare.Count;
    }

    [Benchmark(Description = "AddressSet", OperationsPerInvoke = Added)]
    public AddressSet Set()
    {
        var keys = new AddressKey[Added];
        Span<byte> key = stackalloc byte[AddressSamples.KeyLength];
        for (var index = 0; index < keys.Length; index++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(key, ++_number);
            keys[index] = new AddressKey(key);
        }

        return _growing = _growing.Add(keys);
    }
}
