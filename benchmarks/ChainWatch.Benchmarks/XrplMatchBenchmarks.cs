using System.Security.Cryptography;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using ChainWatch.Xrpl;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Benchmarks;

/// <summary>
/// From a server's <c>ledger</c> answer to the payments in it, against a million watched addresses. The answer is asked for in its binary form, of which a JSON reader sees nothing but a few long texts, so the bound without
/// proof is a bare <see cref="Utf8JsonReader"/> over the same ledger as JSON, and with proof the hashing that the proof takes.
/// </summary>
[MemoryDiagnoser]
[PerformanceTarget("P1", nameof(Read_and_match), 2, Speed = true)]
public class XrplMatchBenchmarks
{
    private const int Transactions = 100;

    private readonly CountingSink _sink = new();
    private readonly HeldPayments _held = new("bench", NullLogger.Instance);
    private MadeXrplLedger _ledger = null!;
    private WatchPlan _plan = null!;
    private AddressSet _watched = null!;

    [GlobalSetup]
    public void Setup()
    {
        _ledger = MadeXrplLedger.Create(Transactions, seed: 1);
        Random random = new(2);
        byte[] issuer = new byte[20];
        random.NextBytes(issuer);
        _plan = new WatchPlan(new Asset { Symbol = "XRP", Decimals = 6 }, [(new AddressKey([.. new byte[12], .. "USD"u8, .. new byte[5], .. issuer]), new Asset { Symbol = "USD", Decimals = 15 })], requireTag: false);
        byte[] account = new byte[20];
        _watched = AddressSet.Create(AccountKey.Length, 1_000_000).Add(Enumerable.Range(0, 1_000_000).Select(_ =>
        {
            random.NextBytes(account);
            return AccountKey.Create(account, tag: null);
        }));
        Console.WriteLine($"// {Transactions} transactions: {_ledger.Binary.Length} bytes in the binary form, {_ledger.Json.Length} in the other");
    }

    [Benchmark(Baseline = true, Description = "Utf8JsonReader.Read alone, the ledger as JSON")]
    public long Reader() => Read(_ledger.Json);

    [Benchmark(Description = "Utf8JsonReader.Read alone, the same bytes")]
    public long Reader_of_the_same_bytes() => Read(_ledger.Binary);

    [Benchmark(Description = "hashing alone, what proves the transactions")]
    public int Hashing()
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        int done = 0;
        foreach (byte[] one in _ledger.Hashed)
        {
            done += SHA512.HashData(one, hash);
        }

        return done;
    }

    [Benchmark(Description = "read, prove and match")]
    public int Read_prove_and_match() => Match(prove: true);

    [Benchmark(Description = "read and match, not proved")]
    public int Read_and_match() => Match(prove: false);

    private static long Read(byte[] json)
    {
        Utf8JsonReader reader = new(json);
        long tokens = 0;
        while (reader.Read())
        {
            tokens++;
        }

        return tokens;
    }

    private int Match(bool prove)
    {
        using XrplLedger ledger = LedgerAnswer.ReadLedger(_ledger.Binary, "bench", _plan, _held, prove);
        ledger.Match(_watched, _sink);
        return ledger.Size;
    }
}
