using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>An event taken from the outbox, with the transaction that holds it and in which the handler may write.</summary>
internal sealed class PostgresDelivery : Delivery
{
    private readonly PostgresLane _lane;
    private readonly int _attempts;
    private readonly PostgresSession _session;
    private bool _answered;
    private bool _released;

    public PostgresDelivery(PostgresLane lane, PaymentEvent paymentEvent, int attempts, PostgresSession session)
    {
        _lane = lane;
        _session = session;
        _attempts = attempts;
        Event = paymentEvent;
    }

    public override PaymentEvent Event { get; }

    public override int Attempt => _attempts + 1;

    public NpgsqlConnection Connection => _lane.Connection;

    public NpgsqlTransaction Transaction => _lane.Transaction;

    private PostgresOutbox Outbox => _lane.Outbox;

    public override async ValueTask AcknowledgeAsync(CancellationToken cancellationToken)
    {
        if (_answered)
        {
            return;
        }

        CheckTransaction();
        await using NpgsqlBatch batch = new(Connection, Transaction);
        batch.AddCommand(Outbox.AcknowledgeSql).Parameters.With(Event.Sequence).With(_attempts).With(_session.StartedAt);
        batch.AddCommand("commit");
        batch.AddCommand(Outbox.TidySql);
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresFailure.NotTaken)
        {
            throw NotTaken(exception);
        }

        _answered = true;
    }

    public override async ValueTask<Delivery?> AcknowledgeAndTakeAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_answered)
        {
            return null;
        }

        CheckTransaction();
        Delivery? next;
        try
        {
            next = await _lane.PassOnAsync(Event.Sequence, _attempts, _session, now, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresFailure.NotTaken)
        {
            throw NotTaken(exception);
        }

        // The connection is the next delivery's, or gone.
        _answered = _released = true;
        return next;
    }

    public override ValueTask RetryAsync(DateTimeOffset at, string error, CancellationToken cancellationToken) => PutBackAsync(Outbox.RetrySql, at, error, cancellationToken);

    public override ValueTask ParkAsync(DateTimeOffset at, string error, CancellationToken cancellationToken) => PutBackAsync(Outbox.ParkSql, at, error, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (!_answered)
        {
            _answered = true;
            await ExecuteAndSealAsync(static batch => batch.AddCommand("rollback"), CancellationToken.None);
        }

        await ReleaseAsync();
    }

    private async ValueTask PutBackAsync(string sql, DateTimeOffset at, string error, CancellationToken cancellationToken)
    {
        if (_answered)
        {
            return;
        }

        if (await ExecuteAndSealAsync(
            batch =>
            {
                batch.AddCommand("rollback to savepoint chainwatch_handler");
                AddUpdate(batch);
                batch.AddCommand("commit");
            },
            cancellationToken))
        {
            _answered = true;
            return;
        }

        // The row says how often it had been tried: where another instance has taken and answered it meanwhile, this answer comes too late and changes nothing.
        await using NpgsqlConnection connection = await Outbox.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch alone = new(connection);
        AddUpdate(alone);
        await alone.ExecuteNonQueryAsync(cancellationToken);
        _answered = true;

        void AddUpdate(NpgsqlBatch batch) => batch.AddCommand(sql).Parameters.With(Event.Sequence).With(_attempts).With(at).With(PostgresText.CleanError(error));
    }

    /// <summary>
    /// Ends the delivery's transaction in such a way that nothing can be written through its connection any more: a handler that was given up on may still be running, and
    /// what it writes after the end would be stored at once, outside any transaction. False where the connection is of no use any more; then its session is over.
    /// </summary>
    private async ValueTask<bool> ExecuteAndSealAsync(Action<NpgsqlBatch> end, CancellationToken cancellationToken)
    {
        try
        {
            if (_lane.IsTransactionOpen)
            {
                await using NpgsqlBatch batch = new(Connection, Transaction);
                end(batch);
                batch.AddCommand(Outbox.TidySql);
                batch.AddCommand("begin transaction read only");
                await batch.ExecuteNonQueryAsync(cancellationToken);
                return true;
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
        {
            // The handler has broken the connection, left it in a state that nothing can be written in, or is using it right now.
        }

        await EndSessionAsync(cancellationToken);
        return false;
    }

    /// <summary>Ends the session on the server, with whatever the handler has written or is writing, so that the event's row is free.</summary>
    private async ValueTask EndSessionAsync(CancellationToken cancellationToken)
    {
        await using (NpgsqlConnection other = await Outbox.OpenConnectionAsync(cancellationToken))
        {
            await using NpgsqlCommand end = new("select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and xact_start = $2", other);
            end.Parameters.With(_session.ProcessId).With(_session.StartedAt);
            await end.ExecuteNonQueryAsync(cancellationToken);
        }

        await ReleaseAsync();
    }

    private async ValueTask ReleaseAsync()
    {
        if (_released)
        {
            return;
        }

        _released = true;
        try
        {
            await Connection.DisposeAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
        {
            // What is broken needs no goodbye.
        }
    }

    private void CheckTransaction()
    {
        if (!_lane.IsTransactionOpen)
        {
            throw new ChainWatchException(
                $"The handler of event {Event.Sequence} has ended the delivery's transaction. It must neither commit nor roll it back: that is done when the handler returns.");
        }
    }

    private ChainWatchException NotTaken(PostgresException exception) => new(
        $"Event {Event.Sequence} is no longer this delivery's: the handler has begun a transaction of its own on the delivery's connection, or written to the outbox.", exception);
}
