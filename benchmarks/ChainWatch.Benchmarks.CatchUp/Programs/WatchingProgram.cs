using System.Diagnostics;
using ChainWatch.Evm;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>A host with ChainWatch, as an application would write it.</summary>
internal static class WatchingProgram
{
    private const string ChainName = "ethereum";

    /// <summary>Migrates the schema and registers the addresses, which is not part of what is measured.</summary>
    /// <param name="shape">The chain.</param>
    /// <param name="one">What is looked for.</param>
    /// <param name="strangers">How many addresses are watched besides that the chain never pays.</param>
    /// <param name="connectionString">The database.</param>
    /// <param name="schema">Its schema.</param>
    public static async Task PrepareAsync(ChainShape shape, CatchUpCase one, int strangers, string connectionString, string schema)
    {
        using var host = Build(shape, one, new Uri("http://127.0.0.1:1"), null, connectionString, schema);
        var store = host.Services.GetRequiredService<IWatchStore>();
        await store.InitializeAsync(CancellationToken.None);
        var chain = host.Services.GetRequiredService<ChainRegistry>().Chains[0].Chain;
        foreach (var part in one.Addresses(shape).Select(static address => new AddressKey(address)).Chunk(10_000))
        {
            await store.AddAddressesAsync(
                chain,
                [.. part.Select(key => new WatchRegistration { Key = key, Address = chain.Format.FormatAddress(key), Reference = PaymentReference.For("user", Convert.ToHexStringLower(key.Bytes[16..])) })],
                DateTimeOffset.UnixEpoch,
                CancellationToken.None);
        }

        if (strangers > 0)
        {
            await using var dataSource = NpgsqlDataSource.Create(connectionString);
            await using var command = dataSource.CreateCommand(
                $"""
                insert into {schema}.watched_address (chain, address, key, from_height, added_at, sequence)
                select '{ChainName}', '0x' || encode(key, 'hex'), key, 0, now(), base + number
                from (select number, substr(sha256(number::text::bytea), 1, 20) as key from generate_series(1, {strangers}) as number) as stranger,
                     (select coalesce(max(sequence), 0) as base from {schema}.watched_address) as before;
                insert into {schema}.watchlist (chain, sequence) select '{ChainName}', max(sequence) from {schema}.watched_address
                on conflict (chain) do update set sequence = excluded.sequence;
                analyze {schema}.watched_address;
                """);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Catches up to the last block, and ends.</summary>
    /// <returns>The <see cref="Stopwatch"/> timestamp at which the first block was committed.</returns>
    public static async Task<long> RunAsync(ChainShape shape, CatchUpCase one, Uri url, string connectionString, string schema, bool verbose)
    {
        using var host = Build(shape, one, url, null, connectionString, schema, verbose);
        var status = host.Services.GetRequiredService<ChainRegistry>().Chains[0].Status;
        await host.StartAsync();
        var firstCommit = 0L;
        while (status.Cursor is not { } cursor || cursor.Height < shape.LastHeight)
        {
            // Looking costs a little, on the cores that catching up needs: often only until the first block is there.
            await Task.Delay(firstCommit == 0 ? 1 : 10);
            firstCommit = firstCommit == 0 && status.Cursor is not null ? Stopwatch.GetTimestamp() : firstCommit;
        }

        await host.StopAsync();
        return firstCommit == 0 ? Stopwatch.GetTimestamp() : firstCommit;
    }

    public static IHost Build(ChainShape shape, CatchUpCase one, Uri url, Uri? webSocket, string connectionString, string schema, bool verbose = false)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        if (verbose)
        {
            builder.Logging.AddSimpleConsole();
        }

        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ChainWatch:Postgres:Schema"] = schema });
        builder.Services.AddChainWatch(watch =>
        {
            watch.UsePostgres(connectionString);
            watch.AddEvm(ChainName, evm =>
            {
                evm.Endpoints.Add(url.AbsoluteUri);
                evm.Endpoints[0].WebSocketUrl = webSocket?.AbsoluteUri;
                evm.StartAt = $"{ChainShape.FirstHeight}";
                evm.Confirmations = "12";
                evm.Native = one.Native;
                var number = 0;
                foreach (var contract in one.Tokens(shape))
                {
                    evm.Tokens.Add($"T{number++}", "0x" + Convert.ToHexStringLower(contract), decimals: 6);
                }
            });
        });
        return builder.Build();
    }
}
