using System.Runtime;
using ChainWatch.Benchmarks.CatchUp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChainWatch.Benchmarks.Live;

/// <summary>A host in a process of its own. It says when it has caught up, and ends with its input.</summary>
internal static class HostProgram
{
    public static async Task RunAsync(Arguments arguments)
    {
        using var host = EvmHost.Build(ChainShape.Parse(arguments), arguments.Number("chains", 1), new Uri(arguments.Text("url", "")), arguments.Text("postgres", ""), arguments.Has("verbose"));
        var chains = host.Services.GetRequiredService<ChainRegistry>().Chains;
        await host.StartAsync();
        var caughtUp = arguments.Number("caught-up", 0);
        while (chains.Any(chain => chain.Status.Cursor is not { } cursor || cursor.Height < caughtUp))
        {
            await Task.Delay(10);
        }

        Console.WriteLine(GCSettings.IsServerGC ? "ready, server GC" : "ready");
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
    }
}
