using System.Globalization;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>How ChainWatch uses PostgreSQL: in code, and under <c>ChainWatch:Postgres</c>.</summary>
public sealed class PostgresOptions
{
    /// <summary>The configuration section that these options are read from.</summary>
    public const string Section = $"{ChainWatchConfiguration.Section}:{Key}";

    internal const string Key = "Postgres";

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    /// <summary>How to reach the database, in Npgsql's form. Leave it empty where the host gives a data source of its own.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The schema that holds ChainWatch's tables. It is created where it does not exist.</summary>
    /// <value>1 to 63 characters of a–z, 0–9 and '_', not beginning with a digit or <c>pg_</c>. The default is <c>chainwatch</c>.</value>
    public string Schema { get; set; } = "chainwatch";

    /// <summary>
    /// How long one statement of a leader's write may take, wait for a lock, or keep the server waiting for the next. It is shorter than the time that leadership lives,
    /// so that a writer that was stopped in the middle does not hold up its successor.
    /// </summary>
    /// <value>
    /// 100 ms to 10 minutes, and less than <see cref="LeadershipOptions.TimeToLive"/>. <see langword="null"/> (the default) takes four fifths of that.
    /// </value>
    public TimeSpan? WriteTimeout { get; set; }

    /// <summary>
    /// Whether the commit of a delivery waits until it is on the server's disk (and where its standbys are told to wait for). Without, many more events are delivered each
    /// second; after a crash of the server the deliveries of its last moments may be undone, together with what their handlers wrote in the delivery's transaction, and come
    /// again: still exactly once, but what was seen of them before was too early.
    /// </summary>
    /// <value>The default is <see langword="true"/>: as the server's <c>synchronous_commit</c> says.</value>
    public bool FlushDeliveries { get; set; } = true;

    /// <summary>How long one statement of a leader's write may take, given how long leadership lives.</summary>
    internal TimeSpan WriteTimeoutFor(LeadershipOptions leadership) => WriteTimeout ?? leadership.TimeToLive * 0.8;

    internal void Read(ConfigurationReader reader)
    {
        ConnectionString = reader.ReadText(nameof(ConnectionString)) is { Length: > 0 } connectionString ? connectionString : ConnectionString;
        Schema = reader.ReadText(nameof(Schema)) is { Length: > 0 } schema ? schema : Schema;
        WriteTimeout = reader.ReadDuration(nameof(WriteTimeout)) ?? WriteTimeout;
        FlushDeliveries = reader.ReadFlag(nameof(FlushDeliveries)) ?? FlushDeliveries;
        reader.Close();
    }

    internal void Validate(LeadershipOptions leadership, bool hasDataSource, ConfigurationErrors errors)
    {
        if (!PostgresSchema.IsName(Schema))
        {
            errors.Add($"{Section}:{nameof(Schema)}", Schema, PostgresSchema.Rule);
        }

        if (WriteTimeout is { } timeout && (timeout < s_shortest || timeout > s_longest))
        {
            errors.Add($"{Section}:{nameof(WriteTimeout)}", timeout.ToString("c", CultureInfo.InvariantCulture), $"it must be from {s_shortest:c} to {s_longest:c}");
        }
        else if (WriteTimeout >= leadership.TimeToLive)
        {
            errors.Add(
                $"{Section}:{nameof(WriteTimeout)}", WriteTimeout.Value.ToString("c", CultureInfo.InvariantCulture),
                $"it must be less than {ChainWatchConfiguration.Section}:Leadership:TimeToLive, which is {leadership.TimeToLive:c}");
        }

        ValidateConnection(hasDataSource, errors);
    }

    private void ValidateConnection(bool hasDataSource, ConfigurationErrors errors)
    {
        const string Path = $"{Section}:{nameof(ConnectionString)}";
        if (hasDataSource)
        {
            if (!string.IsNullOrEmpty(ConnectionString))
            {
                errors.AddMessage($"{Path} is given, and the host gives a data source of its own too: leave one of them out.");
            }
        }
        else if (string.IsNullOrWhiteSpace(ConnectionString))
        {
            errors.AddMissing(Path, "give the connection string of the database, as in Host=db;Database=shop;Username=shop, or hand a data source to UsePostgres");
        }
        else
        {
            try
            {
                if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(ConnectionString).Host))
                {
                    errors.AddMessage($"{Path} names no Host.");
                }
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException)
            {
                // Neither the text nor the driver's message is told: passwords are in it.
                errors.AddMessage($"{Path} is not a connection string in Npgsql's form (Host=…;Database=…;Username=…;Password=…): one of its keywords or values cannot be read.");
            }
        }
    }
}
