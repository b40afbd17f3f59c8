using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ChainWatch.Benchmarks.Live;

/// <summary>P4 and P5: commits of a dense batch, and of one block with two payments, each in turn with what a program does that only writes.</summary>
internal sealed class StoreRun(Arguments arguments)
{
    private const int Addresses = 1_000;
    private const int Depth = 12;

    private IWatchStore _store = null!;
    private Chain _chain = null!;
    private AddressKey[] _keys = [];
    private long _term;
    private long _watchSequence;
    private long _height;
    private ChainPoint? _cursor;
    private long _number;

    public async Task RunAsync()
    {
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions
        {
            Settings = new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "8GB", ["checkpoint_timeout"] = "30min" },
        });
        using var host = EvmHost.Build(new ChainShape(), 1, new Uri("http://127.0.0.1:1"), postgres.ConnectionString);
        await using var dataSource = NpgsqlDataSource.Create(postgres.ConnectionString);
        await BeginAsync(host, dataSource);
        await MeasureDenseAsync(dataSource, arguments.Number("payments", 10_000), arguments.Number("rounds", 12));
        await MeasureTipAsync(dataSource, arguments.Number("commits", 400));
    }

    private async Task MeasureDenseAsync(NpgsqlDataSource dataSource, int payments, int rounds)
    {
        BareStore bare = new(_chain, dataSource);
        List<double> bound = [];
        List<double> ours = [];
        for (var round = 0; round < rounds; round++)
        {
            var batch = Batch(blocks: 100, payments);
            var started = Stopwatch.GetTimestamp();
            var result = await _store.CommitAsync(batch, CancellationToken.None);
            var mine = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            Check(result);
            started = Stopwatch.GetTimestamp();
            await bare.CopyAsync(batch, result.Events);
            var theirs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            // In the first rounds, both sides compile.
            if (round >= 2)
            {
                ours.Add(mine);
                bound.Add(theirs);
            }
        }

        var (bareTime, ourTime) = (Figures.Quantile(bound, 0.5), Figures.Quantile(ours, 0.5));
        Figures.Tell("P4", $"commit-{payments}-payments", Figures.Milliseconds(bareTime), Figures.Milliseconds(ourTime), bareTime / ourTime, ">=0.60");
    }

    private async Task MeasureTipAsync(NpgsqlDataSource dataSource, int commits)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using (NpgsqlCommand create = new("create table bare.row (id bigint primary key, note text not null)", connection))
        {
            await create.ExecuteNonQueryAsync();
        }

        await using NpgsqlCommand insert = new("insert into bare.row values ($1, 'a row')", connection);
        NpgsqlParameter<long> id = new();
        insert.Parameters.Add(id);
        await insert.PrepareAsync();
        List<double> bound = [];
        List<double> ours = [];
        for (var index = 0; index < commits; index++)
        {
            var started = Stopwatch.GetTimestamp();
            id.TypedValue = index;
            await insert.ExecuteNonQueryAsync();
            var theirs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            var batch = Batch(blocks: 1, payments: 2);
            started = Stopwatch.GetTimestamp();
            Check(await _store.CommitAsync(batch, CancellationToken.None));
            var mine = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (index >= commits / 4)
            {
                bound.Add(theirs);
                ours.Add(mine);
            }
        }

        foreach (var (name, part) in new[] { ("p50", 0.5), ("p90", 0.9) })
        {
            var (bareTime, ourTime) = (Figures.Quantile(bound, part), Figures.Quantile(ours, part));
            Figures.Tell("P5", $"commit-at-tip-{name}", Figures.Milliseconds(bareTime), Figures.Milliseconds(ourTime), ourTime / bareTime, "<=1.30");
        }
    }

    private async Task BeginAsync(IHost host, NpgsqlDataSource dataSource)
    {
        _store = host.Services.GetRequiredService<IWatchStore>();
        _chain = host.Services.GetRequiredService<ChainRegistry>().Chains[0].Chain;
        await _store.InitializeAsync(CancellationToken.None);
        _term = await _store.RaiseTermAsync(WatchScope.For(_chain, 0), "benchmark", CancellationToken.None);
        ChainShape shape = new();
        _keys = [.. Enumerable.Range(0, Addresses).Select(number => new AddressKey(shape.Address(number)))];
        await _store.AddAddressesAsync(
            _chain,
            [.. _keys.Select(key => new WatchRegistration { Key = key, Address = _chain.Format.FormatAddress(key), Reference = PaymentReference.For("user", Convert.ToHexStringLower(key.Bytes[16..])) })],
            DateTimeOffset.UnixEpoch,
            CancellationToken.None);
        _watchSequence = (await _store.ReadWatchChangesAsync(_chain, 0, 10 * Addresses, CancellationToken.None)).Sequence;
        await BareStore.PrepareAsync(dataSource);
    }

    private CommitBatch Batch(int blocks, int payments)
    {
        List<BlockHeader> headers = new(blocks);
        List<PaymentFound> found = new(payments);
        var first = _height + 1;
        for (var index = 0; index < blocks; index++)
        {
            var parent = Number(0xb10c, _height);
            _height++;
            headers.Add(new BlockHeader { Point = new ChainPoint(_height, Number(0xb10c, _height)), ParentHash = parent, Timestamp = DateTimeOffset.UnixEpoch.AddSeconds(_height * 12) });
        }

        for (var index = 0; index < payments; index++)
        {
            var block = headers[(int)((long)index * blocks / payments)].Point;
            found.Add(new PaymentFound
            {
                Block = block,
                ConfirmationMark = ConfirmationMark.Head,
                ConfirmationHeight = block.Height + Depth - 1,
                Transfer = new Transfer
                {
                    TransactionId = Number(0x7a, ++_number),
                    Ordinal = index % 3,
                    To = _keys[index % Addresses],
                    From = "0x52908400098527886E0F7030069857D2E4169EE7",
                    Asset = _chain.Assets[0],
                    Amount = new BigInteger(1_000_000 + index),
                },
            });
        }

        CommitBatch batch = new()
        {
            Chain = _chain,
            Term = _term,
            Cursor = _cursor,
            WatchSequence = _watchSequence,
            Blocks = headers,
            Payments = found,
            Coverage = [new CoverageRange(first, _height, "node", 1)],
            Marks = new ChainMarks(_height, _height - 32, _height - 64),
            Finalized = _height > 64 ? new ChainPoint(_height - 64, Number(0xb10c, _height - 64)) : null,
            At = DateTimeOffset.UtcNow,
        };
        _cursor = batch.NewCursor;
        return batch;
    }

    private static void Check(CommitResult result)
    {
        if (result.Outcome != CommitOutcome.Committed)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The commit ended with {result.Outcome}."));
        }
    }

    /// <summary>A hash that is in no order, as real ones are.</summary>
    private static Hash256 Number(uint kind, long number)
    {
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, kind);
        BinaryPrimitives.WriteInt64BigEndian(bytes[4..], number);
        return new Hash256(System.Security.Cryptography.SHA256.HashData(bytes));
    }
}
