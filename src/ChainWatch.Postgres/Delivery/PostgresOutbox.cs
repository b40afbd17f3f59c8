using System.Data;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>The outbox: events that the application has not acknowledged yet.</summary>
internal sealed class PostgresOutbox
{
    private const string Savepoint = "savepoint chainwatch_handler";

    /// <summary>How often the search begins at the very oldest event.</summary>
    private const int FullSearchEvery = 64;

    private static readonly string[] s_cleaning =
        ["set session authorization default", "reset all", "close all", "unlisten *", "select pg_advisory_unlock_all()", "discard temp"];

    private readonly NpgsqlDataSource _dataSource;
    private readonly string _take;
    private readonly string _state;
    private readonly string _parked;
    private readonly string _replay;
    private Place _searchFrom = Place.Oldest;
    private int _searches;

    public PostgresOutbox(NpgsqlDataSource dataSource, PostgresSchema schema)
    {
        _dataSource = dataSource;
        AcknowledgeSql = $"select {schema}.acknowledge($1, $2, $3)";
        RetrySql = $"update {schema}.outbox set attempts = attempts + 1, due_at = $3, error = $4 where sequence = $1 and attempts = $2 and parked_at is null";
        ParkSql = $"update {schema}.outbox set attempts = attempts + 1, parked_at = $3, error = $4 where sequence = $1 and attempts = $2 and parked_at is null";
        _take =
            $"""
            select (t.event).sequence, t.attempts, (t.event).kind, (t.event).cause, (t.event).occurred_at, {PaymentColumns.Of("(t.event)")}, pg_backend_pid(), now(), t.due_at
            from {schema}.take_delivery($1, $2, $3) t
            """;
        _state = $"select count(*) filter (where parked_at is null), min(occurred_at) filter (where parked_at is null), count(*) filter (where parked_at is not null) from {schema}.outbox";
        _parked =
            $"""
            select o.sequence, o.attempts, e.kind, e.cause, e.occurred_at, {PaymentColumns.Of("e")}, o.error, o.parked_at
            from {schema}.outbox o join {schema}.payment_event e on e.sequence = o.sequence
            where o.parked_at is not null order by o.sequence limit $1
            """;
        _replay = $"update {schema}.outbox set attempts = 0, parked_at = null, due_at = occurred_at where sequence = $1 and parked_at is not null";
    }

    /// <summary>Deletes an event that was taken, or fails: its number, how often it had been tried, and when its transaction began.</summary>
    public string AcknowledgeSql { get; }

    /// <summary>Makes an event due again: its number, how often it had been tried, when, and why.</summary>
    public string RetrySql { get; }

    /// <summary>Parks an event: its number, how often it had been tried, when, and why.</summary>
    public string ParkSql { get; }

    /// <summary>
    /// Adds what takes back a handler's settings, locks and temporary tables, which would outlive its delivery: connections are used again by other deliveries. Unlike
    /// DISCARD ALL it leaves the session its plans.
    /// </summary>
    public static void AddCleaning(NpgsqlBatch batch)
    {
        foreach (string statement in s_cleaning)
        {
            batch.AddCommand(statement);
        }
    }

    /// <summary>Opens a connection for an answer that cannot be written in the delivery's own transaction any more.</summary>
    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => _dataSource.OpenConnectionAsync(cancellationToken);

    /// <summary>Takes the oldest event that is due and held back by no other; its transaction stays open until the delivery is disposed.</summary>
    /// <remarks>
    /// Events that were delivered stay in the index until the server cleans up, and reading over them again for each delivery would be most of the work. So the search
    /// begins where the last one ended; now and then, and whenever nothing is found, it begins at the oldest event, which may have become free or due again meanwhile.
    /// </remarks>
    public async ValueTask<Delivery?> TakeAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        Place from = Interlocked.Increment(ref _searches) % FullSearchEvery == 0 ? Place.Oldest : Volatile.Read(ref _searchFrom);
        PostgresDelivery? delivery = await TakeAsync(now, from, cancellationToken);
        if (delivery is null && from != Place.Oldest)
        {
            delivery = await TakeAsync(now, Place.Oldest, cancellationToken);
        }

        return delivery;
    }

    private async Task<PostgresDelivery?> TakeAsync(DateTimeOffset now, Place from, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        NpgsqlTransaction? transaction = null;
        PostgresDelivery? delivery = null;
        try
        {
            transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
            await using NpgsqlBatch batch = new(connection, transaction);
            batch.AddCommand(_take).Parameters.With(now).With(from.DueAt).With(from.Sequence);
            // Going back to it undoes what the handler wrote, or heals the transaction that its failed statement broke, and keeps the event locked.
            batch.AddCommand(Savepoint);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                PostgresDelivery taken = new(this, connection, transaction, ReadEvent(reader), reader.GetInt32(1), ReadSession(reader));
                Volatile.Write(ref _searchFrom, new Place(await reader.GetFieldValueAsync<DateTimeOffset>(7 + PaymentColumns.Count, cancellationToken), taken.Event.Sequence));
                await reader.NextResultAsync(cancellationToken);
                delivery = taken;
            }
        }
        finally
        {
            if (delivery is null)
            {
                if (transaction is not null)
                {
                    await transaction.DisposeAsync();
                }

                await connection.DisposeAsync();
            }
        }

        return delivery;
    }

    /// <summary>How the outbox stands.</summary>
    public async ValueTask<OutboxState> ReadStateAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_state);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new OutboxState(
            reader.GetInt64(0), await reader.IsDBNullAsync(1, cancellationToken) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken), reader.GetInt64(2));
    }

    /// <summary>The parked deliveries, oldest first.</summary>
    public async ValueTask<IReadOnlyList<ParkedDelivery>> ReadParkedAsync(int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_parked);
        command.Parameters.With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ParkedDelivery> parked = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            parked.Add(ReadParked(reader));
        }

        return parked;
    }

    /// <summary>Puts a parked delivery back.</summary>
    public async ValueTask<bool> ReplayAsync(long sequence, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = new(connection);
        PostgresAudit.AddActor(batch);
        batch.AddCommand(_replay).Parameters.With(sequence);
        return await batch.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    // The chain is not known here; its hashes are hexadecimal digits.
    private static PaymentEvent ReadEvent(NpgsqlDataReader reader) => new()
    {
        Sequence = reader.GetInt64(0),
        Kind = PostgresWords.KindOf(reader.GetString(2)),
        Cause = reader.IsDBNull(3) ? null : reader.GetString(3),
        OccurredAt = reader.GetFieldValue<DateTimeOffset>(4),
        Payment = PaymentColumns.Read(reader, 5, format: null),
    };

    private static PostgresSession ReadSession(NpgsqlDataReader reader) =>
        new(reader.GetInt32(5 + PaymentColumns.Count), reader.GetFieldValue<DateTimeOffset>(6 + PaymentColumns.Count));

    private static ParkedDelivery ReadParked(NpgsqlDataReader reader)
    {
        int after = 5 + PaymentColumns.Count;
        return new ParkedDelivery
        {
            Event = ReadEvent(reader),
            Attempts = reader.GetInt32(1),
            Error = reader.IsDBNull(after) ? "" : reader.GetString(after),
            ParkedAt = reader.GetFieldValue<DateTimeOffset>(after + 1),
        };
    }

    /// <summary>A place in the order in which events are due. It is replaced as a whole, by whichever delivery comes last: it only says where to look first.</summary>
    private sealed record Place(DateTimeOffset DueAt, long Sequence)
    {
        public static Place Oldest { get; } = new(DateTimeOffset.MinValue, 0);
    }
}
