using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>What a host says about its database, read and checked when the host starts. It owns the data source that it makes from a connection string, and no other.</summary>
internal sealed class PostgresSetup : IAsyncDisposable, IDisposable
{
    private readonly NpgsqlDataSource? _owned;

    /// <exception cref="ChainWatchConfigurationException">Something is wrong in the options.</exception>
    public PostgresSetup(IServiceProvider services, PostgresOptions options, NpgsqlDataSource? given)
    {
        Options = options;
        ChainWatchOptions chainWatch = services.GetRequiredService<ChainWatchOptions>();
        Leadership = chainWatch.Leadership;
        // The instance itself gives up on a handler after its timeout, and then has to tell the server.
        LongestDelivery = TimeSpan.FromMilliseconds(Math.Min(int.MaxValue, (chainWatch.Delivery.HandlerTimeout.TotalMilliseconds * 2) + 5_000));
        IConfiguration configuration = services.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build();
        ConfigurationErrors errors = new();
        options.Read(new ConfigurationReader(configuration.GetSection(PostgresOptions.Section), errors));
        options.Validate(Leadership, given is not null, errors);
        errors.ThrowIfAny();
        Schema = new PostgresSchema(options.Schema);
        NpgsqlDataSource source = given ?? (_owned = NpgsqlDataSource.Create(Completed(options.ConnectionString!)));
        // Of several hosts, the one that can be written to.
        DataSource = source is NpgsqlMultiHostDataSource hosts ? hosts.WithTargetSession(TargetSessionAttributes.Primary) : source;
    }

    public PostgresOptions Options { get; }

    public LeadershipOptions Leadership { get; }

    /// <summary>After which silence of whoever delivers an event the server lets others have it.</summary>
    public TimeSpan LongestDelivery { get; }

    public PostgresSchema Schema { get; }

    /// <summary>Where the database is.</summary>
    public NpgsqlDataSource DataSource { get; }

    public void Dispose() => _owned?.Dispose();

    public ValueTask DisposeAsync() => _owned?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string Completed(string connectionString)
    {
        NpgsqlConnectionStringBuilder builder = new(connectionString);
        builder.ApplicationName = string.IsNullOrEmpty(builder.ApplicationName) ? "chainwatch" : builder.ApplicationName;
        // ChainWatch leaves nothing behind in a session, and what handlers leave is taken back after each delivery. DISCARD ALL would have the server plan everything anew.
        builder.NoResetOnClose = true;
        return builder.ConnectionString;
    }
}
