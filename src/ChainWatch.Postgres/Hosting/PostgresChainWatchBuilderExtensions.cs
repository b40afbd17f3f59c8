using ChainWatch;
using ChainWatch.Postgres;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps ChainWatch's state in PostgreSQL, and lets PostgreSQL decide which instance leads.</summary>
public static class PostgresChainWatchBuilderExtensions
{
    /// <summary>Uses the database of a connection string.</summary>
    /// <param name="builder">What <c>AddChainWatch</c> hands to its lambda.</param>
    /// <param name="connectionString">
    /// The connection string, in Npgsql's form. <c>ChainWatch:Postgres:ConnectionString</c> in the configuration goes before it; where both are missing, the host does not
    /// start.
    /// </param>
    /// <param name="configure">Sets the other options; the configuration section <c>ChainWatch:Postgres</c> goes on top.</param>
    public static ChainWatchBuilder UsePostgres(this ChainWatchBuilder builder, string? connectionString = null, Action<PostgresOptions>? configure = null)
    {
        PostgresOptions options = new() { ConnectionString = connectionString };
        configure?.Invoke(options);
        return Use(builder, options, given: null);
    }

    /// <summary>Uses a data source of the host's own, which stays the host's: it is not disposed.</summary>
    /// <param name="builder">What <c>AddChainWatch</c> hands to its lambda.</param>
    /// <param name="dataSource">The data source.</param>
    /// <param name="configure">Sets the other options; the configuration section <c>ChainWatch:Postgres</c> goes on top, and must name no connection string then.</param>
    public static ChainWatchBuilder UsePostgres(this ChainWatchBuilder builder, NpgsqlDataSource dataSource, Action<PostgresOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        PostgresOptions options = new();
        configure?.Invoke(options);
        return Use(builder, options, dataSource);
    }

    private static ChainWatchBuilder Use(ChainWatchBuilder builder, PostgresOptions options, NpgsqlDataSource? given)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddSection(PostgresOptions.Key, static (services, _) => services.GetRequiredService<PostgresSetup>());
        builder.Services.Replace(ServiceDescriptor.Singleton(services => new PostgresSetup(services, options, given)));
        builder.Services.Replace(ServiceDescriptor.Singleton<IWatchStore>(static services =>
        {
            PostgresSetup setup = services.GetRequiredService<PostgresSetup>();
            return new PostgresWatchStore(
                setup.DataSource, setup.Schema, setup.Options.WriteTimeoutFor(setup.Leadership), services.GetRequiredService<TimeProvider>(), setup.Options.FlushDeliveries,
                setup.LongestDelivery);
        }));
        builder.Services.Replace(ServiceDescriptor.Singleton<IReconciliationStore>(static services =>
        {
            PostgresSetup setup = services.GetRequiredService<PostgresSetup>();
            return new PostgresReconciliationStore(setup.DataSource, setup.Schema);
        }));
        builder.Services.Replace(ServiceDescriptor.Singleton<ILeaderElection>(static services =>
        {
            PostgresSetup setup = services.GetRequiredService<PostgresSetup>();
            PostgresElectionSettings settings = new()
            {
                DataSource = setup.DataSource,
                ConnectionString = setup.Options.ConnectionString,
                Schema = setup.Schema,
                Holder = LeadershipHolder.NameOf(services.GetRequiredService<ChainWatchOptions>().Instance),
                Leadership = setup.Leadership,
                WriteTimeout = setup.Options.WriteTimeoutFor(setup.Leadership),
            };
            return new PostgresLeaderElection(
                settings, services.GetRequiredService<TimeProvider>(),
                services.GetService<ILogger<PostgresLeaderElection>>() ?? NullLogger<PostgresLeaderElection>.Instance);
        }));
        return builder;
    }
}
