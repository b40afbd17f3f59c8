using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChainWatch.Postgres.Tests;

/// <summary>Stores in schemas of their own on the assembly's server.</summary>
internal sealed class PostgresTestStore : IAsyncDisposable
{
    private PostgresTestStore(NpgsqlDataSource dataSource, PostgresWatchStore store, PostgresOptions options)
    {
        DataSource = dataSource;
        Store = store;
        Options = options;
    }

    public NpgsqlDataSource DataSource { get; }

    public PostgresWatchStore Store { get; }

    public PostgresOptions Options { get; }

    public static async Task<PostgresTestStore> CreateAsync(PostgresServer server, string? schema = null, Func<string, string>? through = null)
    {
        string connectionString = $"{server.ConnectionString};Maximum Pool Size=20";
        PostgresOptions options = new() { ConnectionString = through is null ? connectionString : through(connectionString), Schema = schema ?? server.NewSchema() };
        NpgsqlDataSource dataSource = NpgsqlDataSource.Create(options.ConnectionString);
        PostgresWatchStore store = new(dataSource, options.Schema, TimeSpan.FromSeconds(4), TimeProvider.System);
        await store.InitializeAsync(TestContext.Current.CancellationToken);
        return new PostgresTestStore(dataSource, store, options);
    }

    /// <summary>An instance that stands for the schema's scopes.</summary>
    /// <param name="holder">Its name, and that of its connections.</param>
    /// <param name="leadership">How it leads; by default with a lease of two seconds.</param>
    /// <param name="connectionString">How its lock's connection reaches the server, where that is not as the store does.</param>
    /// <param name="dataSource">A data source of the host's own, from which that connection is made instead.</param>
    /// <param name="writeTimeout">How long it waits for writes of the last leader.</param>
    /// <param name="time">Its clock.</param>
    public PostgresLeaderElection CreateElection(
        string holder, LeadershipOptions? leadership = null, string? connectionString = null, NpgsqlDataSource? dataSource = null, TimeSpan? writeTimeout = null, TimeProvider? time = null) =>
        new(
            new PostgresElectionSettings
            {
                DataSource = dataSource ?? DataSource,
                ConnectionString = dataSource is null ? $"{connectionString ?? Options.ConnectionString};Application Name={holder}" : null,
                Schema = new PostgresSchema(Options.Schema),
                Holder = holder,
                Leadership = leadership ?? new LeadershipOptions { TimeToLive = TimeSpan.FromSeconds(2) },
                WriteTimeout = writeTimeout ?? TimeSpan.FromSeconds(30),
            },
            time ?? TimeProvider.System,
            NullLogger<PostgresLeaderElection>.Instance);

    /// <summary>Waits until a session waits for another one's lock.</summary>
    /// <param name="blocked">The sessions, as a condition on <c>pg_stat_activity</c>.</param>
    /// <param name="blocker">The server's process that holds the lock.</param>
    public Task IsBlockedAsync(string blocked, int blocker) => Eventually.BecomesTrueAsync(
        async _ => await ScalarAsync<long>($"select count(*) from pg_stat_activity where {blocked} and {blocker} = any(pg_blocking_pids(pid))") > 0,
        TimeSpan.FromSeconds(30),
        () => $"nobody with {blocked} waits for {blocker}");

    /// <summary>Waits until each of the sessions that hold a scope has been heard of for so long from now on, by the server's clock.</summary>
    /// <param name="time">How long.</param>
    /// <param name="sessions">Which sessions, as a condition on <c>pg_stat_activity</c>.</param>
    public async Task BeatForAsync(TimeSpan time, string sessions)
    {
        DateTime from = await ScalarAsync<DateTime>("select clock_timestamp()");
        long processes = await ScalarAsync<long>($"select count(*) from pg_stat_activity where {sessions}");
        processes.ShouldBeGreaterThan(0);
        await Eventually.BecomesTrueAsync(
            async _ => await ScalarAsync<DateTime>($"select coalesce(min(state_change), '-infinity'::timestamptz) from pg_stat_activity where {sessions}") - from > time,
            time + TimeSpan.FromSeconds(30),
            () => $"one of {sessions} is not heard of any more");
        (await ScalarAsync<long>($"select count(*) from pg_stat_activity where {sessions}")).ShouldBe(processes);
    }

    public async Task<IReadOnlyList<PaymentEvent>> ReadEventsAsync(Chain chain)
    {
        await using NpgsqlCommand command = DataSource.CreateCommand(
            $"select sequence, kind, cause, occurred_at, {PaymentColumns.Names} from \"{Options.Schema}\".payment_event where chain = $1 order by sequence");
        command.Parameters.With(chain.Name);
        List<PaymentEvent> events = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            events.Add(new PaymentEvent
            {
                Sequence = reader.GetInt64(0),
                Kind = PostgresWords.KindOf(reader.GetString(1)),
                Cause = reader.IsDBNull(2) ? null : reader.GetString(2),
                OccurredAt = reader.GetFieldValue<DateTimeOffset>(3),
                Payment = PaymentColumns.Read(reader, 4, chain.Format),
            });
        }

        return events;
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using NpgsqlCommand command = DataSource.CreateCommand(sql.Replace("$schema$", $"\"{Options.Schema}\"", StringComparison.Ordinal));
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = DataSource.CreateCommand(sql.Replace("$schema$", $"\"{Options.Schema}\"", StringComparison.Ordinal));
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => DataSource.DisposeAsync();
}
