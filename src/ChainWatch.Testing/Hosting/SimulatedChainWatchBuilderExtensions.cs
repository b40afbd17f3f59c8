using ChainWatch;
using ChainWatch.Testing;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds simulated chains to a host.</summary>
public static class SimulatedChainWatchBuilderExtensions
{
    /// <summary>Watches a chain in memory, through endpoints that behave as they are told: for tests, samples and first steps.</summary>
    /// <param name="watch">What is composed.</param>
    /// <param name="chain">The chain, which the host's code or test drives. It is watched under its own name.</param>
    /// <param name="configure">Sets the options. The section <c>ChainWatch:Chains:&lt;name&gt;</c> goes on top.</param>
    /// <returns>What is composed, for more.</returns>
    public static ChainWatchBuilder AddSimulated(this ChainWatchBuilder watch, SimulatedChain chain, Action<SimulatedChainOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(watch);
        ArgumentNullException.ThrowIfNull(chain);
        return watch.AddChain(chain.Chain.Name, (services, name, section) => Create(services, chain, section, configure));
    }

    private static ChainRegistration Create(IServiceProvider services, SimulatedChain simulated, IConfigurationSection section, Action<SimulatedChainOptions>? configure)
    {
        ConfigurationErrors errors = new();
        SimulatedChainOptions options = ChainOptions.Load(section, configure, errors);
        ConfirmationPolicy confirmation = options.CreateConfirmationPolicy(simulated.Chain.Assets, section.Path, errors);
        errors.ThrowIfAny();
        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        SimulatedBlockReader reader = new(simulated, options.Reader, time);
        return SimulatedRegistration.Create(simulated, reader, options, confirmation, new ChainStatus(simulated.Chain, time), time);
    }
}
