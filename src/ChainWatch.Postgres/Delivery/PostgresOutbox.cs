using System.Globalization;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>The outbox: events that the application has not acknowledged yet.</summary>
internal sealed class PostgresOutbox
{
    /// <summary>How often the search begins at the very oldest event.</summary>
    private const int FullSearchEvery = 64;

    private const string CountedExactly = "100000";

    private readonly NpgsqlDataSource _dataSource;
    private readonly string _state;
    private readonly string _parked;
    private readonly string _replay;
    private DeliveryPlace? _searchFrom;
    private int _searches;

    /// <param name="dataSource">Where the database is.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="flushes">See <see cref="Flushes"/>.</param>
    /// <param name="longest">See <see cref="HoldSql"/>; <see langword="null"/> for no limit.</param>
    public PostgresOutbox(NpgsqlDataSource dataSource, PostgresSchema schema, bool flushes, TimeSpan? longest)
    {
        Flushes = flushes;
        HoldSql = longest is { } time ? string.Create(CultureInfo.InvariantCulture, $"set local idle_in_transaction_session_timeout = {(long)time.TotalMilliseconds}") : null;
        _dataSource = dataSource;
        AcknowledgeSql = $"select {schema}.acknowledge($1, $2, $3)";
        RetrySql = $"update {schema}.outbox set attempts = attempts + 1, due_at = $3, error = $4 where sequence = $1 and attempts = $2 and parked_at is null";
        ParkSql = $"update {schema}.outbox set attempts = attempts + 1, parked_at = $3, error = $4 where sequence = $1 and attempts = $2 and parked_at is null";
        TakeSql = $"select * from {schema}.next_delivery($1, $2, $3)";
        TidySql = $"select {schema}.tidy_session()";
        // Told every few seconds: counting goes no further than it is exact for, and what lies beyond is what the server estimates.
        _state =
            $"""
            select case when pending < {CountedExactly} then pending else greatest(pending, (select reltuples::bigint from pg_class where oid = '{schema}.outbox'::regclass)) end,
                (select occurred_at from {schema}.outbox where parked_at is null order by sequence limit 1),
                (select count(*) from {schema}.outbox where parked_at is not null)
            from (select count(*) as pending from (select from {schema}.outbox where parked_at is null limit {CountedExactly}) one) counted
            """;
        _parked =
            $"""
            select o.attempts, o.sequence, e.kind, e.cause, e.occurred_at, {PaymentColumns.Of("e")}, o.error, o.parked_at
            from {schema}.outbox o join {schema}.payment_event e on e.sequence = o.sequence
            where o.parked_at is not null order by o.sequence limit $1
            """;
        _replay = $"update {schema}.outbox set attempts = 0, parked_at = null, due_at = occurred_at where sequence = $1 and parked_at is not null";
    }

    /// <summary>Whether a delivery's commit waits for the server's disk, where the server is set so.</summary>
    public bool Flushes { get; }

    /// <summary>
    /// Has the server free an event whose delivery it hears nothing of for so long: whoever holds it ends it sooner, unless that process is frozen, or cut off, and the server would hold its session for hours. <see langword="null"/> where
    /// there is no limit.
    /// </summary>
    public string? HoldSql { get; }

    /// <summary>Deletes an event that was taken, or fails: its number, how often it had been tried, and when its transaction began.</summary>
    public string AcknowledgeSql { get; }

    /// <summary>Makes an event due again: its number, how often it had been tried, when, and why.</summary>
    public string RetrySql { get; }

    /// <summary>Parks an event: its number, how often it had been tried, when, and why.</summary>
    public string ParkSql { get; }

    /// <summary>Takes the oldest event that is due: now, and the place to look from (when due, number). The columns are those that <see cref="PostgresLane"/> reads.</summary>
    public string TakeSql { get; }

    /// <summary>
    /// Takes back a handler's settings, locks and temporary tables, which would outlive its delivery: connections are used again by other deliveries. Unlike DISCARD ALL it
    /// leaves the session its plans.
    /// </summary>
    public string TidySql { get; }

    /// <summary>Opens a connection for an answer that cannot be written in the delivery's own transaction any more.</summary>
    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => _dataSource.OpenConnectionAsync(cancellationToken);

    /// <summary>Takes the oldest event that is due and held back by no other; its transaction stays open until the delivery is disposed.</summary>
    public async ValueTask<Delivery?> TakeAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await new PostgresLane(this, await _dataSource.OpenConnectionAsync(cancellationToken)).TakeAsync(now, cancellationToken);

    /// <summary>Where to look for the next event; <see langword="null"/> for the oldest.</summary>
    /// <remarks>
    /// Events that were delivered stay in the index until the server cleans up, and reading over them again for each delivery would be most of the work. So the search
    /// begins where the last one ended; now and then, and whenever nothing is found, it begins at the oldest event, which may have become free or due again meanwhile.
    /// </remarks>
    public DeliveryPlace? SearchFrom() => Interlocked.Increment(ref _searches) % FullSearchEvery == 0 ? null : Volatile.Read(ref _searchFrom);

    /// <summary>Begins the next search at an event that was taken.</summary>
    public void TakenAt(DeliveryPlace place) => Volatile.Write(ref _searchFrom, place);

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
    /// <summary>Reads an event: its number, kind, cause and time, and the payment's columns.</summary>
    public static PaymentEvent ReadEvent(NpgsqlDataReader reader, int at) => new()
    {
        Sequence = reader.GetInt64(at),
        Kind = PostgresWords.KindOf(reader.GetString(at + 1)),
        Cause = reader.IsDBNull(at + 2) ? null : reader.GetString(at + 2),
        OccurredAt = reader.GetFieldValue<DateTimeOffset>(at + 3),
        Payment = PaymentColumns.Read(reader, at + 4, format: null),
    };

    private static ParkedDelivery ReadParked(NpgsqlDataReader reader)
    {
        int after = 5 + PaymentColumns.Count;
        return new ParkedDelivery
        {
            Event = ReadEvent(reader, 1),
            Attempts = reader.GetInt32(0),
            Error = reader.IsDBNull(after) ? "" : reader.GetString(after),
            ParkedAt = reader.GetFieldValue<DateTimeOffset>(after + 1),
        };
    }
}
