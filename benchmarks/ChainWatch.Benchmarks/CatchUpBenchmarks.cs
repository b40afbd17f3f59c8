using BenchmarkDotNet.Attributes;
using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Benchmarks;

/// <summary>A whole host that reads a chain from its first block to its head: source, matching, commits and events. The chain is in memory: what is left is ChainWatch's own work.</summary>
[MemoryDiagnoser]
public class CatchUpBenchmarks
{
    private const int Blocks = 10_000;

    private readonly SimulatedChain _chain = new();
    private PostgresServer? _server;
    private int _runs;

    [Params("memory", "PostgreSQL")]
    public string Store { get; set; } = "memory";

    // Run in the runner's own process, a setup that returns a task is not waited for.
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Cleanup() => CleanupAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "catch up, a block", OperationsPerInvoke = Blocks)]
    public async Task Catch_up()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        if (_server is not null)
        {
            // Each run begins with nothing.
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ChainWatch:Postgres:Schema"] = $"run_{++_runs}" });
        }

        builder.Services.AddChainWatch(watch =>
        {
            watch.AddSimulated(_chain, options =>
            {
                options.StartAt = "0";
                options.Confirmations = "12";
                options.Addresses.Add(SimulatedFormat.Address("watched"));
            });
            if (_server is not null)
            {
                watch.UsePostgres(_server.ConnectionString);
            }
        });
        using var host = builder.Build();
        await host.StartAsync();
        var status = host.Services.GetRequiredService<ChainRegistry>().Chains[0].Status;
        while (status.Cursor != _chain.Head.Point)
        {
            await Task.Delay(1);
        }

        await host.StopAsync();
    }

    private async Task SetupAsync()
    {
        for (var block = 0; block < Blocks; block++)
        {
            // Every tenth block pays somebody who is watched.
            _chain.Mine(_chain.Pay(SimulatedFormat.Address(block % 10 == 0 ? "watched" : "stranger"), block + 1));
        }

        _server = Store == "PostgreSQL" ? await PostgresServer.StartNewAsync() : null;
    }

    private async Task CleanupAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
