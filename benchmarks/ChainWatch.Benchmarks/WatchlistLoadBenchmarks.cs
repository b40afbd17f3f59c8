using BenchmarkDotNet.Attributes;
using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Benchmarks;

/// <summary>How long does a start take to have all watched addresses in memory? The bound: the same rows read by a binary COPY, and thrown away.</summary>
[MemoryDiagnoser]
[PerformanceTarget("P3", nameof(Load), 2)]
public class WatchlistLoadBenchmarks
{
    private readonly int _page = new FollowerOptions().WatchPage;
    private readonly SimulatedChain _chains = new();
    private PostgresServer? _server;
    private ServiceProvider? _services;
    private NpgsqlDataSource? _dataSource;
    private IWatchStore _store = null!;

    [Params(1_000_000)]
    public int Addresses { get; set; }

    private Chain Chain => _chains.Chain;

    // Run in the runner's own process, a setup that returns a task is not waited for.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Cleanup() => CleanupAsync().GetAwaiter().GetResult();

    [Benchmark(Baseline = true, Description = "binary COPY of the same rows")]
    public async Task<long> Bare()
    {
        await using var connection = await _dataSource!.OpenConnectionAsync();
        await using var reader = await connection.BeginBinaryExportAsync("copy (select sequence, key from chainwatch.watched_address) to stdout (format binary)");
        var sum = 0L;
        while (await reader.StartRowAsync() >= 0)
        {
            sum += await reader.ReadAsync<long>(NpgsqlDbType.Bigint);
            sum += (await reader.ReadAsync<byte[]>(NpgsqlDbType.Bytea)).Length;
        }

        return sum;
    }

    [Benchmark(Description = "load the set, as at a start")]
    public async Task<int> Load()
    {
        var set = AddressSet.Create(Chain.Format.AddressKeyLength);
        await WatchChangePages.ReadAsync(_store, Chain, set.Sequence, _page, page => set = set.Apply(page), CancellationToken.None);
        return set.Count == Addresses ? set.Count : throw new InvalidOperationException($"{set.Count} addresses were loaded.");
    }

    private async Task SetupAsync()
    {
        _server = await PostgresServer.StartNewAsync();
        _dataSource = NpgsqlDataSource.Create(_server.ConnectionString);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddChainWatch(watch =>
        {
            watch.AddSimulated(_chains);
            watch.UsePostgres(_server.ConnectionString);
        });
        _services = services.BuildServiceProvider();
        _store = _services.GetRequiredService<IWatchStore>();
        await _store.InitializeAsync(CancellationToken.None);
        await using var connection = await _dataSource.OpenConnectionAsync();
        await using (var writer = await connection.BeginBinaryImportAsync(
            "copy chainwatch.watched_address (chain, address, key, from_height, added_at, sequence) from stdin (format binary)"))
        {
            var random = new Random(1);
            var key = new byte[Chain.Format.AddressKeyLength];
            for (var index = 0; index < Addresses; index++)
            {
                random.NextBytes(key);
                await writer.StartRowAsync();
                await writer.WriteAsync(Chain.Name, NpgsqlDbType.Text);
                await writer.WriteAsync(Convert.ToHexString(key), NpgsqlDbType.Text);
                await writer.WriteAsync(key, NpgsqlDbType.Bytea);
                await writer.WriteAsync(0L, NpgsqlDbType.Bigint);
                await writer.WriteAsync(DateTimeOffset.UnixEpoch, NpgsqlDbType.TimestampTz);
                await writer.WriteAsync(index + 1L, NpgsqlDbType.Bigint);
            }

            await writer.CompleteAsync();
        }

        await using var command = connection.CreateCommand();
        command.CommandText = "insert into chainwatch.watchlist (chain, sequence) values ($1, $2) on conflict (chain) do update set sequence = excluded.sequence";
        command.Parameters.AddWithValue(Chain.Name);
        command.Parameters.AddWithValue((long)Addresses);
        await command.ExecuteNonQueryAsync();
        command.Parameters.Clear();
        command.CommandText = "vacuum analyze chainwatch.watched_address";
        await command.ExecuteNonQueryAsync();
    }

    private async Task CleanupAsync()
    {
        await _services!.DisposeAsync();
        await _dataSource!.DisposeAsync();
        await _server!.DisposeAsync();
    }
}
