using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Benchmarks;

/// <summary>A whole host that reads a chain up to a block: source, matching, commits and events.</summary>
internal static class WatchingHost
{
    private static int s_runs;

    /// <param name="server">Where it commits; <see langword="null"/> for memory.</param>
    /// <param name="add">Makes the chain.</param>
    /// <param name="paid">An address of the chain that is watched.</param>
    /// <param name="last">The height of the last block.</param>
    /// <param name="reached">Called when that is committed.</param>
    /// <param name="observer">Sees its requests.</param>
    public static async Task RunAsync(PostgresServer? server, ChainFactory add, string paid, long last, Action reached, IEndpointObserver? observer = null)
    {
        const string Name = "one";
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Logging.ClearProviders();
        if (server is not null)
        {
            // Each run begins with nothing.
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ChainWatch:Postgres:Schema"] = $"waits_{++s_runs}" });
        }

        if (observer is not null)
        {
            builder.Services.AddSingleton(observer);
        }

        builder.Services.AddChainWatch(watch =>
        {
            watch.AddChain(Name, (services, name, section) =>
            {
                ChainRegistration chain = add(services, name, section);
                chain.Options.Addresses.Add(paid);
                return chain;
            });
            if (server is not null)
            {
                watch.UsePostgres(server.ConnectionString);
            }
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        ChainStatus status = host.Services.GetRequiredService<ChainRegistry>().Get(Name).Status;
        while (status.Cursor?.Height < last || status.Cursor is null)
        {
            await Task.Delay(1);
        }

        reached();
        await host.StopAsync();
    }
}
