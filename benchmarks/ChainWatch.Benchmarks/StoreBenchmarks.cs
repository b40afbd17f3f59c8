using System.Buffers.Binary;
using System.Numerics;
using BenchmarkDotNet.Attributes;
using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Benchmarks;

/// <summary>Commits: one block at the head of the chain, and a hundred blocks while catching up. PostgreSQL is real, its commits forced to disk.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private readonly SimulatedChain _chains = new();
    private PostgresServer? _server;
    private ServiceProvider? _services;
    private IWatchStore _store = null!;
    private AddressKey _address;
    private ScopeState _state = ScopeState.Empty;
    private long _term;
    private long _sequence;
    private long _height;

    [Params("memory", "PostgreSQL")]
    public string Store { get; set; } = "memory";

    private Chain Chain => _chains.Chain;

    // Run in the runner's own process, a setup that returns a task is not waited for.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Cleanup() => CleanupAsync().GetAwaiter().GetResult();

    /// <summary>One block with two payments.</summary>
    [Benchmark(Description = "commit at the head")]
    public Task<CommitResult> Commit_at_the_head() => CommitAsync(blocks: 1, payments: 2);

    /// <summary>A hundred blocks with ten payments; the time is that of one block.</summary>
    [Benchmark(Description = "commit while catching up, a block", OperationsPerInvoke = 100)]
    public Task<CommitResult> Commit_while_catching_up() => CommitAsync(blocks: 100, payments: 10);

    private async Task<CommitResult> CommitAsync(int blocks, int payments)
    {
        var headers = new List<BlockHeader>(blocks);
        var found = new List<PaymentFound>(payments);
        var parent = Number(_height);
        var first = _height + 1;
        for (var index = 0; index < blocks; index++)
        {
            _height++;
            headers.Add(new BlockHeader { Point = new ChainPoint(_height, Number(_height)), ParentHash = parent });
            parent = Number(_height);
        }

        for (var index = 0; index < payments; index++)
        {
            var block = headers[index * blocks / payments].Point;
            found.Add(new PaymentFound
            {
                Block = block,
                ConfirmationMark = ConfirmationMark.Head,
                ConfirmationHeight = block.Height + 11,
                Transfer = new Transfer { TransactionId = Number((block.Height << 8) + index), Ordinal = 0, To = _address, Asset = Chain.Assets[0], Amount = new BigInteger(1_000_000) },
            });
        }

        var result = await _store.CommitAsync(
            new CommitBatch
            {
                Chain = Chain,
                Term = _term,
                Cursor = _state.Cursor,
                WatchSequence = _sequence,
                Blocks = headers,
                Payments = found,
                Coverage = [new CoverageRange(first, _height, "bench", 1)],
                Marks = new ChainMarks(_height, _height - 32, _height - 64),
                // Without a final point every block would have to stay known for ever.
                Finalized = _height > 64 ? new ChainPoint(_height - 64, Number(_height - 64)) : null,
                Deliver = false,
                At = DateTimeOffset.UnixEpoch,
            },
            CancellationToken.None);
        if (result.Outcome != CommitOutcome.Committed)
        {
            throw new InvalidOperationException($"The commit ended with {result.Outcome}.");
        }

        _state = new ScopeState { Known = [headers[^1].Point] };
        return result;
    }

    private static Hash256 Number(long number)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Length];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes[^8..], number);
        bytes[0] = 1;
        return new Hash256(bytes);
    }

    private async Task SetupAsync()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        if (Store == "PostgreSQL")
        {
            _server = await PostgresServer.StartNewAsync();
        }

        services.AddChainWatch(watch =>
        {
            watch.AddSimulated(_chains);
            if (_server is not null)
            {
                watch.UsePostgres(_server.ConnectionString);
            }
        });
        _services = services.BuildServiceProvider();
        _store = _services.GetRequiredService<IWatchStore>();
        await _store.InitializeAsync(CancellationToken.None);
        _term = await _store.RaiseTermAsync(WatchScope.For(Chain, 0), "bench", CancellationToken.None);
        var key = new byte[Chain.Format.AddressKeyLength];
        key.AsSpan().Fill(7);
        _address = new AddressKey(key);
        var registration = new WatchRegistration { Key = _address, Address = Chain.Format.FormatAddress(_address) };
        await _store.AddAddressesAsync(Chain, [registration], DateTimeOffset.UnixEpoch, CancellationToken.None);
        _sequence = (await _store.ReadWatchChangesAsync(Chain, 0, 100, CancellationToken.None)).Sequence;
    }

    private async Task CleanupAsync()
    {
        await _services!.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
