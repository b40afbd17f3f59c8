using ChainWatch;
using ChainWatch.Cardano;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Cardano to ChainWatch.</summary>
public static class CardanoChainWatchBuilderExtensions
{
    /// <summary>Makes the kind <c>cardano</c> available to chains that only the configuration names.</summary>
    /// <param name="builder">The builder.</param>
    public static ChainWatchBuilder AddCardano(this ChainWatchBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddKind(CardanoRegistration.Kind, static (services, name, section) => CardanoRegistration.Create(services, name, section, configure: null));
    }

    /// <summary>Adds a Cardano chain: what the lambda says, and the configuration section <c>ChainWatch:Chains:&lt;name&gt;</c> on top of it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The chain's name, as in <c>cardano</c>.</param>
    /// <param name="configure">Says endpoints, tokens and the network; <see langword="null"/> leaves all to the configuration.</param>
    public static ChainWatchBuilder AddCardano(this ChainWatchBuilder builder, string name, Action<CardanoOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCardano().AddChain(name, (services, chain, section) => CardanoRegistration.Create(services, chain, section, configure));
    }
}
