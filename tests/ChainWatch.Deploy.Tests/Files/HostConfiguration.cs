using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Deploy.Tests;

/// <summary>Reads settings as DepositMonitor would, without starting it.</summary>
internal static class HostConfiguration
{
    /// <summary>The chains that settings in the form of environment variables make; what is wrong in them throws, with the path.</summary>
    public static ChainRegistry Read(IEnumerable<(string Name, string Value)> variables)
    {
        ServiceCollection services = new();
        services.AddMetrics();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(variables.Select(static variable => KeyValuePair.Create<string, string?>(variable.Name.Replace("__", ":", StringComparison.Ordinal), variable.Value)))
            .Build());
        services.AddChainWatch(watch =>
        {
            watch.UsePostgres();
            watch.AddEvm();
        });
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<ChainRegistry>();
    }
}
