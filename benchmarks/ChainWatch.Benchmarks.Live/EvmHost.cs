using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.Evm;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.Benchmarks.Live;

/// <summary>A host that watches one or more made-up EVM chains.</summary>
internal static class EvmHost
{
    public const string Schema = "chainwatch";

    public static string Name(int chain) => $"chain{chain}";

    public static IHost Build(ChainShape shape, int chains, Uri url, string connectionString, bool verbose = false)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        if (verbose)
        {
            builder.Logging.AddSimpleConsole();
        }

        builder.Services.AddChainWatch(watch =>
        {
            watch.UsePostgres(connectionString);
            for (var chain = 0; chain < chains; chain++)
            {
                watch.AddEvm(Name(chain), evm =>
                {
                    evm.Endpoints.Add(url.AbsoluteUri);
                    evm.Endpoints[0].WebSocketUrl = $"ws://127.0.0.1:{url.Port}/";
                    evm.StartAt = $"{ChainShape.FirstHeight}";
                    evm.Confirmations = "12";
                    for (var token = 0; token < shape.Tokens; token++)
                    {
                        evm.Tokens.Add($"T{token}", "0x" + Convert.ToHexStringLower(shape.Contract(token)), decimals: 6);
                    }
                });
            }
        });
        return builder.Build();
    }

    /// <summary>Migrates, and has the lowest addresses of the shape watched on each chain, the others being addresses that are never paid.</summary>
    public static async Task PrepareAsync(ChainShape shape, int chains, int paid, int addresses, string connectionString)
    {
        using var host = Build(shape, chains, new Uri("http://127.0.0.1:1"), connectionString);
        var store = host.Services.GetRequiredService<IWatchStore>();
        await store.InitializeAsync(CancellationToken.None);
        foreach (var registration in host.Services.GetRequiredService<ChainRegistry>().Chains)
        {
            var format = registration.Chain.Format;
            WatchRegistration[] registrations = [.. Enumerable.Range(0, paid).Select(number => new AddressKey(shape.Address(number))).Select(
                key => new WatchRegistration { Key = key, Address = format.FormatAddress(key), Reference = PaymentReference.For("user", Convert.ToHexStringLower(key.Bytes[16..])) })];
            await store.AddAddressesAsync(registration.Chain, registrations, DateTimeOffset.UnixEpoch, CancellationToken.None);
            await using var dataSource = NpgsqlDataSource.Create(connectionString);
            await using var command = dataSource.CreateCommand(
                $"""
                insert into {Schema}.watched_address (chain, address, key, reference_type, reference_id, from_height, added_at, sequence)
                select '{registration.Chain.Name}', '0x' || encode(key, 'hex'), key, 'user', number::text, 0, now(), {paid} + number
                from (select number, substr(sha256(number::text::bytea), 1, 20) as key from generate_series(1, {addresses - paid}) as number) as stranger;
                update {Schema}.watchlist set sequence = {addresses} where chain = '{registration.Chain.Name}';
                """);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }
    }
}
