using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>How a <see cref="PostgresLeaderElection"/> is held.</summary>
internal sealed record PostgresElectionSettings
{
    /// <summary>Where the database is.</summary>
    public required NpgsqlDataSource DataSource { get; init; }

    /// <summary>How to reach it; <see langword="null"/> for a data source of the host's own, whose connection string is taken.</summary>
    public required string? ConnectionString { get; init; }

    /// <summary>The schema that holds the tables.</summary>
    public required PostgresSchema Schema { get; init; }

    /// <summary>This instance's name, with its host.</summary>
    public required string Holder { get; init; }

    /// <summary>How long leadership lives without a heartbeat, and how scopes are shared.</summary>
    public required LeadershipOptions Leadership { get; init; }

    /// <summary>How long a leader's write may hold up its successor.</summary>
    public required TimeSpan WriteTimeout { get; init; }
}
