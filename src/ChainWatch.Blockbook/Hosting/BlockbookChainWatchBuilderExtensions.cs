using ChainWatch;
using ChainWatch.Blockbook;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds chains that are read through Blockbook to ChainWatch.</summary>
public static class BlockbookChainWatchBuilderExtensions
{
    /// <summary>Makes the kind <c>blockbook</c> available to chains that only the configuration names.</summary>
    /// <param name="builder">The builder.</param>
    public static ChainWatchBuilder AddBlockbook(this ChainWatchBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddKind(BlockbookRegistration.Kind, static (services, name, section) => BlockbookRegistration.Create(services, name, section, configure: null));
    }

    /// <summary>Adds a chain that is read through Blockbook: what the lambda says, and the configuration section <c>ChainWatch:Chains:&lt;name&gt;</c> on top of it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The chain's name, as in <c>dogecoin</c>.</param>
    /// <param name="configure">Says coin and endpoints; <see langword="null"/> leaves all to the configuration.</param>
    public static ChainWatchBuilder AddBlockbook(this ChainWatchBuilder builder, string name, Action<BlockbookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddBlockbook().AddChain(name, (services, chain, section) => BlockbookRegistration.Create(services, chain, section, configure));
    }
}
