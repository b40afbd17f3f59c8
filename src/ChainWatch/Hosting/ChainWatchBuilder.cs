using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChainWatch;

/// <summary>What <c>AddChainWatch</c> hands to its lambda: everything a host says about what to watch hangs off it.</summary>
public sealed class ChainWatchBuilder
{
    private readonly Dictionary<string, ChainFactory> _chains = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ChainFactory> _kinds = new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, Action<IServiceProvider, IConfigurationSection>> _sections = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Type> _handlers = [];
    private readonly List<Type> _pendingHandlers = [];
    private readonly List<Type> _reconciliationHandlers = [];

    internal ChainWatchBuilder(IServiceCollection services)
    {
        Services = services;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>What is set for all chains together. The configuration goes on top of it.</summary>
    public ChainWatchOptions Options { get; } = new();

    /// <summary>Mistakes made while composing. They are reported with all other errors when the host starts.</summary>
    public ConfigurationErrors Errors { get; } = new();

    internal IReadOnlyDictionary<string, ChainFactory> Chains => _chains;

    internal IReadOnlyDictionary<string, ChainFactory> Kinds => _kinds;

    internal IReadOnlyDictionary<string, Action<IServiceProvider, IConfigurationSection>> Sections => _sections;

    internal IReadOnlyList<Type> Handlers => _handlers;

    internal IReadOnlyList<Type> PendingHandlers => _pendingHandlers;

    internal IReadOnlyList<Type> ReconciliationHandlers => _reconciliationHandlers;

    /// <summary>
    /// Adds a chain. For chain families: hosts call the family's own method, as in <c>AddEvm</c>. A name that is not allowed, or is there already (whatever its case),
    /// goes to <see cref="Errors"/>.
    /// </summary>
    /// <param name="name">The chain's name.</param>
    /// <param name="factory">Makes the registration when the host starts, from the section <c>ChainWatch:Chains:&lt;name&gt;</c>, which may be empty.</param>
    public ChainWatchBuilder AddChain(string name, ChainFactory factory)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(factory);
        if (!ChainRegistry.IsName(name))
        {
            Errors.AddMessage($"{ChainWatchConfiguration.ChainPath(name)}: '{name}' is no name for a chain: {ChainRegistry.NameRule}.");
        }
        else if (!_chains.TryAdd(name, factory))
        {
            Errors.AddMessage($"{ChainWatchConfiguration.ChainPath(name)}: chain '{name}' is added twice: each chain needs a name of its own.");
        }

        return this;
    }

    /// <summary>Makes a chain family available to chains that are named in the configuration alone, by their <c>Kind</c>. Adding a kind twice is harmless.</summary>
    public ChainWatchBuilder AddKind(string kind, ChainFactory factory)
    {
        _kinds[kind] = factory;
        return this;
    }

    /// <summary>
    /// Says that a package reads the section <c>ChainWatch:&lt;key&gt;</c>, and how to check it when the host starts. For packages: a key that nobody reads is an error.
    /// </summary>
    /// <param name="key">The section's name under <c>ChainWatch</c>.</param>
    /// <param name="check">Throws <see cref="ChainWatchConfigurationException"/> with all that is wrong. It must not ask for the chains, which are being made at that time.</param>
    public ChainWatchBuilder AddSection(string key, Action<IServiceProvider, IConfigurationSection> check)
    {
        _sections[key] = check;
        return this;
    }

    /// <summary>
    /// Adds the application's own code for payment events. Every delivery gets a scope of its own, from which the handler is taken. Several handlers run one after the
    /// other, in the order in which they were added, and are acknowledged together: when one fails, all of them are tried again.
    /// </summary>
    /// <typeparam name="THandler">The handler: as the host registered it, else scoped.</typeparam>
    /// <exception cref="InvalidOperationException">The handler is added already; it would run twice for every event.</exception>
    public ChainWatchBuilder AddPaymentHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, IPaymentHandler
    {
        if (_handlers.Contains(typeof(THandler)))
        {
            throw new InvalidOperationException($"{typeof(THandler).Name} is added twice: it would run twice for every event.");
        }

        Services.TryAddScoped<THandler>();
        _handlers.Add(typeof(THandler));
        return this;
    }

    /// <summary>
    /// Adds the application's own code for payments that no block holds yet, on chains that are configured to look for them. It is told by the instance that leads the chain, best effort, from a scope of
    /// its own each time.
    /// </summary>
    /// <typeparam name="THandler">The handler: as the host registered it, else scoped.</typeparam>
    /// <exception cref="InvalidOperationException">The handler is added already; it would run twice for every event.</exception>
    public ChainWatchBuilder AddPendingPaymentHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, IPendingPaymentHandler
    {
        if (_pendingHandlers.Contains(typeof(THandler)))
        {
            throw new InvalidOperationException($"{typeof(THandler).Name} is added twice: it would run twice for every event.");
        }

        Services.TryAddScoped<THandler>();
        _pendingHandlers.Add(typeof(THandler));
        return this;
    }

    /// <summary>
    /// Adds the application's own code for what reconciliations find. It is told when a run is done, by the instance that leads the chain, from a scope of its own each time, a few times where it fails.
    /// </summary>
    /// <typeparam name="THandler">The handler: as the host registered it, else scoped.</typeparam>
    /// <exception cref="InvalidOperationException">The handler is added already; it would run twice for every run.</exception>
    public ChainWatchBuilder AddReconciliationHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, IReconciliationHandler
    {
        if (_reconciliationHandlers.Contains(typeof(THandler)))
        {
            throw new InvalidOperationException($"{typeof(THandler).Name} is added twice: it would run twice for every reconciliation.");
        }

        Services.TryAddScoped<THandler>();
        _reconciliationHandlers.Add(typeof(THandler));
        return this;
    }
}
