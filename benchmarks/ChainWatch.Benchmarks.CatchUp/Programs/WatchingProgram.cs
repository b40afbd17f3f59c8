using ChainWatch.Evm;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>A host with ChainWatch, as an application would write it.</summary>
internal static class WatchingProgram
{
    private const string ChainName = "ethereum";

    /// <summary>Migrates the schema and registers the addresses, which is not part of what is measured.</summary>
    public static async Task PrepareAsync(ChainShape shape, CatchUpCase one, string connectionString, string schema)
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
    }

    /// <summary>Catches up to the last block, and ends.</summary>
    public static async Task RunAsync(ChainShape shape, CatchUpCase one, Uri url, string connectionString, string schema, bool verbose)
    {
        using var host = Build(shape, one, url, null, connectionString, schema, verbose);
        var status = host.Services.GetRequiredService<ChainRegistry>().Chains[0].Status;
        await host.StartAsync();
        while (status.Cursor?.Height < shape.LastHeight || status.Cursor is null)
        {
            await Task.Delay(1);
        }

        await host.StopAsync();
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
