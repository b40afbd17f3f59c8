using System.Diagnostics.Metrics;
using ChainWatch;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds ChainWatch to a host.</summary>
public static class ChainWatchServiceCollectionExtensions
{
    /// <summary>
    /// Adds ChainWatch: what the lambda says, and the configuration section <c>ChainWatch</c> on top of it. Without a store of its own (<c>UsePostgres</c>) everything is
    /// kept in memory. The chains are made, and everything is checked, when the host starts.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Says what to watch, where to keep it, and which code handles the payments.</param>
    /// <exception cref="InvalidOperationException">It was called before: a host has one ChainWatch, which watches as many chains as there are.</exception>
    public static IServiceCollection AddChainWatch(this IServiceCollection services, Action<ChainWatchBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(static service => service.ServiceType == typeof(ChainRegistry)))
        {
            throw new InvalidOperationException("AddChainWatch was called twice. Say everything in one call: it takes as many chains and handlers as there are.");
        }

        ChainWatchBuilder composition = new(services);
        try
        {
            configure(composition);
        }
        catch (ChainWatchConfigurationException exception)
        {
            // What the lambda found is told with everything else, when the host starts.
            composition.Errors.Add(exception);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new BoundOptions(composition, provider));
        services.AddSingleton(static provider => provider.GetRequiredService<BoundOptions>().Options);
        services.AddSingleton(provider => new ChainRegistry(composition, provider.GetRequiredService<BoundOptions>(), provider));
        services.TryAddSingleton<IWatchStore>(static services => new InMemoryWatchStore(timeProvider: services.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ILeaderElection>(static provider =>
            new SingleInstanceElection(provider.GetRequiredService<IWatchStore>(), LeadershipHolder.NameOf(provider.GetRequiredService<ChainWatchOptions>().Instance)));
        services.AddSingleton(static provider => new ChainWatchHealth(
            provider.GetRequiredService<ChainRegistry>(),
            provider.GetRequiredService<IWatchStore>(),
            provider.GetRequiredService<ChainWatchOptions>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => new ProcessExit(
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ChainWatchHealth>(),
            provider.GetRequiredService<ILogger<ProcessExit>>()));
        services.AddSingleton(provider => new PaymentHandlers(provider.GetRequiredService<IServiceScopeFactory>(), [.. composition.Handlers]));
        services.AddSingleton(provider => new PendingPayments(
            provider.GetRequiredService<IServiceScopeFactory>(),
            [.. composition.PendingHandlers],
            provider.GetRequiredService<IWatchStore>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PendingPayments>>()));
        services.TryAddSingleton<IReconciliationStore>(static provider =>
            // A store of the host's own kind may keep no reconciliations: then nothing is compared, and asking for it says why.
            (provider.GetRequiredService<IWatchStore>() as InMemoryWatchStore)?.Reconciliations!);
        services.AddSingleton(provider => new ReconciliationHandlers(
            provider.GetRequiredService<IServiceScopeFactory>(),
            [.. composition.ReconciliationHandlers],
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ReconciliationHandlers>>()));
        services.AddSingleton<IReconciliation>(static provider => new Reconciliations(
            provider.GetRequiredService<ChainRegistry>(),
            provider.GetRequiredService<IWatchStore>(),
            provider.GetService<IReconciliationStore>() ?? throw new InvalidOperationException(
                $"The store {provider.GetRequiredService<IWatchStore>().GetType().Name} keeps no reconciliations: register an IReconciliationStore that does."),
            provider.GetRequiredService<EngineSignals>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<EngineSignals>();
        services.AddSingleton(static provider => new StoreSpace(provider.GetRequiredService<ChainWatchOptions>().Retention));
        services.AddSingleton(static provider => new ChainWatchMetrics(provider.GetService<IMeterFactory>()));
        services.AddSingleton(static provider => new ProcessMetrics(provider.GetRequiredService<TimeProvider>(), provider.GetService<IMeterFactory>()));
        services.AddSingleton(static provider => new ReconciliationMetrics(provider.GetRequiredService<ChainRegistry>(), provider.GetService<IMeterFactory>()));
        services.AddSingleton(static provider => new WalletBalances(
            provider.GetRequiredService<ChainRegistry>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<IMeterFactory>()));
        services.AddSingleton(static provider => new ChainBalances(
            provider.GetRequiredService<ChainRegistry>(),
            provider.GetRequiredService<ChainWatchOptions>().Balances,
            provider.GetRequiredService<ChainWatchMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IEndpointObserver>(static provider =>
            new EndpointMetrics(provider.GetRequiredService<ChainWatchMetrics>(), provider.GetService<IMeterFactory>()));
        services.AddSingleton<IWatchlist>(static provider => new Watchlist(
            provider.GetRequiredService<IWatchStore>(),
            provider.GetRequiredService<ChainRegistry>().Chains.Select(static chain => chain.Chain),
            provider.GetRequiredService<EngineSignals>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => new EndpointKeyRotation(provider.GetRequiredService<ChainRegistry>()));
        services.AddHostedService(static provider => new EndpointKeyService(
            provider.GetRequiredService<ChainRegistry>(),
            provider.GetRequiredService<BoundOptions>(),
            provider.GetRequiredService<IWatchStore>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EndpointKeyService>>()));
        services.AddHostedService(static provider => new KeyRequestService(
            provider.GetRequiredService<ChainRegistry>(),
            provider.GetRequiredService<IWatchStore>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<KeyRequestService>>()));
        services.AddHostedService(static provider => new ChainWatchService(provider));
        return services;
    }
}
