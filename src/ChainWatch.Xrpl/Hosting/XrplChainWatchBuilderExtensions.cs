using ChainWatch;
using ChainWatch.Xrpl;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the XRP Ledger to ChainWatch.</summary>
public static class XrplChainWatchBuilderExtensions
{
    /// <summary>Makes the kind <c>xrpl</c> available to chains that only the configuration names.</summary>
    /// <param name="builder">The builder.</param>
    public static ChainWatchBuilder AddXrpl(this ChainWatchBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddKind(XrplRegistration.Kind, static (services, name, section) => XrplRegistration.Create(services, name, section, configure: null));
    }

    /// <summary>Adds an XRP Ledger chain: what the lambda says, and the configuration section <c>ChainWatch:Chains:&lt;name&gt;</c> on top of it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The chain's name, as in <c>xrpl</c>.</param>
    /// <param name="configure">Says endpoints, tokens and the network; <see langword="null"/> leaves all to the configuration.</param>
    public static ChainWatchBuilder AddXrpl(this ChainWatchBuilder builder, string name, Action<XrplOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddXrpl().AddChain(name, (services, chain, section) => XrplRegistration.Create(services, chain, section, configure));
    }
}
