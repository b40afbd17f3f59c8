using ChainWatch;
using ChainWatch.Bitcoin;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Bitcoin and its kin to ChainWatch.</summary>
public static class BitcoinChainWatchBuilderExtensions
{
    private const string Kind = "bitcoin";

    /// <summary>Makes the kind <c>bitcoin</c> available to chains that only the configuration names.</summary>
    /// <param name="builder">The builder.</param>
    public static ChainWatchBuilder AddBitcoin(this ChainWatchBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddKind(Kind, static (services, name, section) => BitcoinRegistration.Create(services, name, section, configure: null));
    }

    /// <summary>Adds a chain of Bitcoin's kind: what the lambda says, and the configuration section <c>ChainWatch:Chains:&lt;name&gt;</c> on top of it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The chain's name, as in <c>bitcoin</c>.</param>
    /// <param name="configure">Says endpoints, network and confirmations; <see langword="null"/> leaves all to the configuration.</param>
    public static ChainWatchBuilder AddBitcoin(this ChainWatchBuilder builder, string name, Action<BitcoinOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddBitcoin().AddChain(name, (services, chain, section) => BitcoinRegistration.Create(services, chain, section, configure));
    }
}
