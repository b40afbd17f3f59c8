using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;

namespace ChainWatch.Tests;

/// <summary>A chain family that configuration alone can name: simulated chains behind endpoints that are checked like real ones.</summary>
internal static class TestKind
{
    public static ChainWatchBuilder AddTestKind(this ChainWatchBuilder watch) => watch.AddKind("test", Create);

    private static ChainRegistration Create(IServiceProvider services, string name, IConfigurationSection section)
    {
        ConfigurationErrors errors = new();
        ChainOptions options = ChainOptions.Load<ChainOptions>(section, configure: null, errors);
        SimulatedChain simulated = new(name);
        Chain chain = new() { Name = name, Kind = "test", Format = SimulatedFormat.Instance, BlockTime = TimeSpan.FromSeconds(1), Assets = simulated.Chain.Assets };
        ConfirmationPolicy policy = options.CreateConfirmationPolicy(chain.Assets, section.Path, errors);
        errors.ThrowIfAny();
        ChainStatus status = new(chain, TimeProvider.System);
        return new ChainRegistration
        {
            Chain = chain,
            Status = status,
            Options = options,
            Confirmation = policy,
            CreateSource = () => new PolledChainSource(chain, new SimulatedBlockReader(simulated, new SimulatedReaderOptions(), TimeProvider.System), new PolledSourceOptions(), status, TimeProvider.System),
        };
    }
}
