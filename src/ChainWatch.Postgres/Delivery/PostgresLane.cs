using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>
/// A connection on which one event after the other is delivered, each in a transaction of its own. Acknowledging one and taking the next is one exchange with the server.
/// </summary>
internal sealed class PostgresLane(PostgresOutbox outbox, NpgsqlConnection connection)
{
    // Going back to it undoes what the handler wrote, or heals the transaction that its failed statement broke, and keeps the event locked.
    private const string Savepoint = "savepoint chainwatch_handler";

    private readonly NpgsqlParameter<long> _sequence = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private readonly NpgsqlParameter<int> _attempts = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    private readonly NpgsqlParameter<DateTime> _takenAt = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
    private readonly NpgsqlParameter<DateTime> _now = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
    private readonly NpgsqlParameter<DateTime?> _fromDue = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
    private readonly NpgsqlParameter<long?> _fromSequence = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    private NpgsqlTransaction? _transaction;
    private NpgsqlBatch? _passOn;

    public PostgresOutbox Outbox => outbox;

    public NpgsqlConnection Connection => connection;

    /// <summary>The driver's object for whatever transaction is open: it need not know that one was committed and another begun.</summary>
    public NpgsqlTransaction Transaction => _transaction ?? throw new InvalidOperationException("Nothing was taken yet.");

    /// <summary>Whether a transaction is open, whoever has begun or ended it and however.</summary>
    public bool IsTransactionOpen
    {
        get
        {
            try
            {
                // This property answers only while it is.
                _ = Transaction.IsolationLevel;
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>Takes the first event; where there is none, the lane is over.</summary>
    public async ValueTask<PostgresDelivery?> TakeAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        PostgresDelivery? taken = null;
        try
        {
            _transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
            await using NpgsqlBatch batch = new(connection);
            DeliveryPlace? from = outbox.SearchFrom();
            batch.AddCommand(outbox.TakeSql).Parameters.With(now).With(from?.DueAt).With(from?.Sequence);
            AddHolding(batch);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            taken = await ReadAsync(reader, cancellationToken);
            return taken;
        }
        finally
        {
            if (taken is null)
            {
                await EndAsync();
            }
        }
    }

    /// <summary>
    /// Acknowledges an event, commits, and takes the next one. It fails where the event could not be acknowledged, and leaves that to its delivery; where only the taking fails,
    /// or nothing is due, the lane is over.
    /// </summary>
    public async ValueTask<PostgresDelivery?> PassOnAsync(long sequence, int attempts, PostgresSession session, DateTimeOffset now, CancellationToken cancellationToken)
    {
        NpgsqlBatch batch = _passOn ??= CreatePassOn();
        _sequence.TypedValue = sequence;
        _attempts.TypedValue = attempts;
        _takenAt.TypedValue = session.StartedAt.UtcDateTime;
        DeliveryPlace? from = outbox.SearchFrom();
        _now.TypedValue = now.UtcDateTime;
        _fromDue.TypedValue = from?.DueAt.UtcDateTime;
        _fromSequence.TypedValue = from?.Sequence;
        bool acknowledged = false;
        PostgresDelivery? taken = null;
        try
        {
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            // The first result is the acknowledgement's.
            acknowledged = true;
            await reader.NextResultAsync(cancellationToken);
            taken = await ReadAsync(reader, cancellationToken);
        }
        catch (PostgresException) when (acknowledged && IsTransactionOpen)
        {
            // A commit that fails leaves no transaction behind: this one is the next, and has failed to take. Whoever looks out for events meets the same failure, and tells it.
        }

        if (taken is null)
        {
            await EndAsync();
        }

        return taken;
    }

    /// <summary>Ends the lane where nothing is held: the transaction has taken nothing, or failed.</summary>
    private async ValueTask EndAsync()
    {
        try
        {
            await using NpgsqlBatch batch = new(connection);
            // Not rolled back, which would bring back what a handler has set; and tidied once more, where the server does so all the same.
            batch.AddCommand("commit");
            batch.AddCommand(outbox.TidySql);
            await batch.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
        {
            // Whatever is in that session, nobody shall get it.
            NpgsqlConnection.ClearPool(connection);
        }

        await connection.DisposeAsync();
    }

    /// <summary>Made once: only the values of its parameters change.</summary>
    private NpgsqlBatch CreatePassOn()
    {
        NpgsqlBatch batch = new(connection);
        NpgsqlBatchCommand acknowledge = batch.AddCommand(outbox.AcknowledgeSql);
        acknowledge.Parameters.Add(_sequence);
        acknowledge.Parameters.Add(_attempts);
        acknowledge.Parameters.Add(_takenAt);
        batch.AddCommand("commit");
        batch.AddCommand("begin");
        NpgsqlBatchCommand take = batch.AddCommand(outbox.TakeSql);
        take.Parameters.Add(_now);
        take.Parameters.Add(_fromDue);
        take.Parameters.Add(_fromSequence);
        AddHolding(batch);
        return batch;
    }

    /// <summary>What is between taking and handling. Settings come after the session is tidied, and before the point that a failed handler goes back to.</summary>
    private void AddHolding(NpgsqlBatch batch)
    {
        if (!outbox.Flushes)
        {
            batch.AddCommand("set local synchronous_commit = off");
        }

        if (outbox.HoldSql is { } hold)
        {
            batch.AddCommand(hold);
        }

        batch.AddCommand(Savepoint);
    }

    private async ValueTask<PostgresDelivery?> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        PostgresDelivery? taken = null;
        if (await reader.ReadAsync(cancellationToken))
        {
            PostgresSession session = new(reader.GetInt32(0), await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken));
            taken = new PostgresDelivery(this, PostgresOutbox.ReadEvent(reader, 4), reader.GetInt32(2), session);
            outbox.TakenAt(new DeliveryPlace(await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken), taken.Event.Sequence));
        }

        while (await reader.NextResultAsync(cancellationToken))
        {
            // A failure of the savepoint comes out here.
        }

        return taken;
    }
}
