using ChainWatch.TestInfrastructure;
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
