using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch;

/// <summary>What <c>AddChainWatch</c> hands to its lambda: everything a host says about what to watch hangs off it.</summary>
public sealed class ChainWatchBuilder
{
    private readonly Dictionary<string, ChainFactory> _chains = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ChainFactory> _kinds = new(StringComparer.OrdinalIgnoreCase);

    internal ChainWatchBuilder(IServiceCollection services)
    {
        Services = services;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    internal IReadOnlyDictionary<string, ChainFactory> Chains => _chains;

    internal IReadOnlyDictionary<string, ChainFactory> Kinds => _kinds;

    /// <summary>Adds a chain. For chain families: hosts call the family's own method, as in <c>AddEvm</c>.</summary>
    /// <param name="name">The chain's name.</param>
    /// <param name="factory">Makes the registration when the host starts, from the section <c>ChainWatch:Chains:&lt;name&gt;</c>, which may be empty.</param>
    /// <exception cref="ChainWatchConfigurationException">There is a chain of this name already.</exception>
    public ChainWatchBuilder AddChain(string name, ChainFactory factory)
    {
        if (!_chains.TryAdd(name, factory))
        {
            throw new ChainWatchConfigurationException($"{ChainWatchConfiguration.ChainPath(name)}: chain '{name}' is added twice. Give each chain a name of its own.");
        }

        return this;
    }

    /// <summary>Makes a chain family available to chains that are named in the configuration alone, by their <c>Kind</c>. Adding a kind twice is harmless.</summary>
    public ChainWatchBuilder AddKind(string kind, ChainFactory factory)
    {
        _kinds[kind] = factory;
        return this;
    }
}
