using ChainWatch;
using ChainWatch.Evm;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds EVM chains to ChainWatch.</summary>
public static class EvmChainWatchBuilderExtensions
{
    private const string Kind = "evm";

    /// <summary>Makes the kind <c>evm</c> available to chains that only the configuration names.</summary>
    /// <param name="builder">The builder.</param>
    public static ChainWatchBuilder AddEvm(this ChainWatchBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddKind(Kind, static (services, name, section) => EvmRegistration.Create(services, name, section, configure: null));
    }

    /// <summary>Adds an EVM chain: what the lambda says, and the configuration section <c>ChainWatch:Chains:&lt;name&gt;</c> on top of it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The chain's name, as in <c>ethereum</c>.</param>
    /// <param name="configure">Says endpoints, tokens and confirmations; <see langword="null"/> leaves all to the configuration.</param>
    public static ChainWatchBuilder AddEvm(this ChainWatchBuilder builder, string name, Action<EvmOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddEvm().AddChain(name, (services, chain, section) => EvmRegistration.Create(services, chain, section, configure));
    }
}
