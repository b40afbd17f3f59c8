using System.Text.Json;
using BenchmarkDotNet.Attributes;
using ChainWatch.Cardano;

namespace ChainWatch.Benchmarks;

/// <summary>
/// From an Ogmios server's bytes to the payments in them, against a million watched addresses. The bound: a bare <see cref="Utf8JsonReader"/> that goes from token to token over the same bytes and does nothing with them.
/// </summary>
[MemoryDiagnoser]
[PerformanceTarget("P1", nameof(Read_and_match), 2, Speed = true)]
public class CardanoMatchBenchmarks
{
    private const int Different = 8;
    private const int Transactions = 40;

    private readonly MessageReader _reader = new();
    private readonly CountingSink _sink = new();
    private byte[][] _blocks = null!;
    private MemoryStream[] _streams = null!;
    private WatchPlan _plan = null!;
    private AddressSet _watched = null!;
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        _blocks = [.. Enumerable.Range(1, Different).Select(static seed => MadeCardanoBlock.Create(Transactions, seed))];
        _streams = [.. _blocks.Select(static block => new MemoryStream(block))];
        CardanoFormat format = new(CardanoNetwork.Main);
        _plan = new WatchPlan(format, new Asset { Symbol = "ADA", Decimals = 6 }, new Dictionary<string, Asset>());
        Random random = new(2);
        byte[] key = new byte[format.AddressKeyLength];
        _watched = AddressSet.Create(format.AddressKeyLength, 1_000_000).Add(Enumerable.Range(0, 1_000_000).Select(_ =>
        {
            random.NextBytes(key.AsSpan(0, 57));
            return new AddressKey(key);
        }));
    }

    [Benchmark(Baseline = true, Description = "Utf8JsonReader.Read alone")]
    public long Reader()
    {
        Utf8JsonReader reader = new(_blocks[_next++ % Different]);
        long tokens = 0;
        while (reader.Read())
        {
            tokens++;
        }

        return tokens;
    }

    [Benchmark(Description = "read and match")]
    public int Read_and_match()
    {
        using CardanoBlock block = Open(Copy());
        block.Match(_watched, _sink);
        return block.Size;
    }

    [Benchmark(Description = "the copy alone that it reads from")]
    public int Copy_alone()
    {
        using PooledBytes body = Copy();
        return body.Length;
    }

    [Benchmark(Description = "the slow way, for unusual spellings")]
    public int Slow_way()
    {
        using OgmiosMessage message = new(Copy());
        MessageWalk.Read(message.Body.Span, message);
        return message.Block!.OutputCount;
    }

    private CardanoBlock Open(PooledBytes body)
    {
        OgmiosMessage message = _reader.Read(body);
        BlockData data = message.Block!;
        return new CardanoBlock(message.TakeBody(), data, data.Ancestor, default, "bench", _plan);
    }

    /// <summary>The bytes in rented memory, as they come from a connection.</summary>
    private PooledBytes Copy()
    {
        MemoryStream stream = _streams[_next++ % Different];
        stream.Position = 0;
        return PooledBytes.ReadAsync(stream, stream.Length, int.MaxValue - 1, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
    }
}
