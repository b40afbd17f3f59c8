using System.Security.Cryptography;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using ChainWatch.Bitcoin;

namespace ChainWatch.Benchmarks;

/// <summary>
/// From a node's hexadecimal digits to the payments in them: a block with about 8,000 outputs, against a million watched addresses; beside it the bounds, which are hashing the same transactions the plain
/// way, and going over the JSON form of the same block without doing anything.
/// </summary>
[MemoryDiagnoser]
public class BitcoinMatchBenchmarks
{
    private const int Transactions = 3_200;
    private const int Payments = 2;

    private MadeBitcoinBlock _block = null!;
    private AddressSet _addresses = null!;
    private CountingSink _sink = null!;
    private Asset _coin = null!;

    [GlobalSetup]
    public void Setup()
    {
        _block = MadeBitcoinBlock.Create(Transactions, seed: 1);
        _coin = new Asset { Symbol = "BTC", Decimals = 8 };
        _sink = new CountingSink();
        var random = new Random(2);
        var program = new byte[20];
        _addresses = AddressSet.Create(OutputScript.KeyLength, 1_000_000)
            .Add(Enumerable.Range(0, 1_000_000).Select(_ =>
            {
                random.NextBytes(program);
                return OutputScript.OfProgram(0, program);
            }))
            .Add(_block.Receivers.Take(Payments));
    }

    [Benchmark(Baseline = true, Description = "bound: double SHA-256 of the transactions")]
    public int Bound()
    {
        Span<byte> hash = stackalloc byte[32];
        var sum = 0;
        foreach (var transaction in _block.Stripped)
        {
            SHA256.HashData(transaction, hash);
            SHA256.HashData(hash, hash);
            sum += hash[0];
        }

        return sum;
    }

    [Benchmark(Description = "hex to payments, proven by the merkle root")]
    public int Proven() => Read(prove: true, witness: false);

    [Benchmark(Description = "the same, witness data proven too")]
    public int Proven_with_witness() => Read(prove: true, witness: true);

    [Benchmark(Description = "hex to payments, not proven")]
    public int Not_proven() => Read(prove: false, witness: false);

    [Benchmark(Description = "bound: Utf8JsonReader over verbosity 2")]
    public int Bare_reader()
    {
        var reader = new Utf8JsonReader(_block.Json);
        var tokens = 0;
        while (reader.Read())
        {
            tokens++;
        }

        return tokens;
    }

    private int Read(bool prove, bool witness)
    {
        var raw = RawBlock.FromHex(_block.Hex);
        if (prove)
        {
            BlockProof.Verify(raw.Bytes, _block.Hash, extensions: false, witness);
        }

        using var block = new BitcoinBlock(_block.Header, "bench", raw, _coin, extensions: false);
        _sink.Count = 0;
        block.Match(_addresses, _sink);
        return _sink.Count == Payments ? _sink.Count : throw new InvalidOperationException($"{_sink.Count} payments were found, {Payments} are there.");
    }
}
