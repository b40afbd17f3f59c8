using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;

namespace ChainWatch.Benchmarks;

/// <summary>Is this address watched? Asked for every transfer of every block.</summary>
[MemoryDiagnoser]
public class AddressSetBenchmarks
{
    private const int KeyLength = 20;
    private const int Asked = 1024;

    private readonly byte[] _watched = new byte[Asked * KeyLength];
    private readonly byte[] _strangers = new byte[Asked * KeyLength];
    private AddressSet _set = AddressSet.Create(KeyLength);
    private AddressSet _growing = AddressSet.Create(KeyLength);
    private long _added;

    [Params(1_000, 1_000_000, 10_000_000)]
    public int Addresses { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _set = AddressSet.Create(KeyLength, Addresses).Add(Keys(random, Addresses, _watched));
        random.NextBytes(_strangers);
        _growing = _set;
    }

    [Benchmark(OperationsPerInvoke = Asked)]
    public int Watched() => Count(_watched);

    [Benchmark(OperationsPerInvoke = Asked)]
    public int Strangers() => Count(_strangers);

    /// <summary>A registration: the next snapshot of the one before.</summary>
    [Benchmark]
    public AddressSet Adding_ten_addresses()
    {
        var keys = new AddressKey[10];
        Span<byte> key = stackalloc byte[KeyLength];
        for (var index = 0; index < keys.Length; index++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(key, ++_added);
            keys[index] = new AddressKey(key);
        }

        return _growing = _growing.Add(keys);
    }

    private static IEnumerable<AddressKey> Keys(Random random, int count, byte[] kept)
    {
        var key = new byte[KeyLength];
        for (var index = 0; index < count; index++)
        {
            random.NextBytes(key);
            key.CopyTo(kept, index % (kept.Length / KeyLength) * KeyLength);
            yield return new AddressKey(key);
        }
    }

    private int Count(byte[] keys)
    {
        var found = 0;
        for (var offset = 0; offset < keys.Length; offset += KeyLength)
        {
            if (_set.Contains(keys.AsSpan(offset, KeyLength)))
            {
                found++;
            }
        }

        return found;
    }
}
