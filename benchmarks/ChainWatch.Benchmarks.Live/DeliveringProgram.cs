using System.Globalization;
using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Benchmarks.Live;

/// <summary>An instance that delivers, until its input ends. Its own chain is one on which nothing happens.</summary>
internal static class DeliveringProgram
{
    public static async Task RunAsync(Arguments arguments)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        if (arguments.Has("verbose"))
        {
            builder.Logging.AddSimpleConsole();
        }

        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ChainWatch:Delivery:Parallelism"] = arguments.Number("parallelism", 8).ToString(CultureInfo.InvariantCulture),
            ["ChainWatch:Postgres:FlushDeliveries"] = arguments.Has("unflushed") ? "false" : "true",
        });
        builder.Services.AddSingleton(new CreditingInstance(arguments.Number("instance", 0)));
        builder.Services.AddChainWatch(watch =>
        {
            watch.UsePostgres(arguments.Text("postgres", ""));
            watch.AddSimulated(new SimulatedChain());
            watch.AddPaymentHandler<CreditingHandler>();
        });
        using var host = builder.Build();
        await host.StartAsync();
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
    }
}
