using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>An event taken from the outbox, with the transaction that holds it and in which the handler may write.</summary>
internal sealed class PostgresDelivery : Delivery
{
    private readonly PostgresOutbox _outbox;
    private readonly int _attempts;
    private bool _answered;

    public PostgresDelivery(PostgresOutbox outbox, NpgsqlConnection connection, NpgsqlTransaction transaction, PaymentEvent paymentEvent, int attempts)
    {
        _outbox = outbox;
        Connection = connection;
        Transaction = transaction;
        Event = paymentEvent;
        _attempts = attempts;
    }

    public override PaymentEvent Event { get; }

    public override int Attempt => _attempts + 1;

    public NpgsqlConnection Connection { get; }

    public NpgsqlTransaction Transaction { get; }

    public override async ValueTask AcknowledgeAsync(CancellationToken cancellationToken)
    {
        if (_answered)
        {
            return;
        }

        if (!IsTransactionOpen())
        {
            throw new ChainWatchException(
                $"The handler of event {Event.Sequence} has ended the delivery's transaction. It must neither commit nor roll it back: that is done when the handler returns.");
        }

        await using (NpgsqlCommand delete = new(_outbox.DeleteSql, Connection, Transaction))
        {
            delete.Parameters.With(Event.Sequence).With(_attempts).With(_session.StartedAt);
            if (await delete.ExecuteNonQueryAsync(cancellationToken) != 1)
            {
                throw new ChainWatchException(
                    $"Event {Event.Sequence} is no longer this delivery's: the handler has begun a transaction of its own on the delivery's connection, or written to the outbox.");
            }
        }

        await Transaction.CommitAsync(cancellationToken);
        _answered = true;
    }

    public override ValueTask RetryAsync(DateTimeOffset at, string error, CancellationToken cancellationToken) => PutBackAsync(_outbox.RetrySql, at, error, cancellationToken);

    public override ValueTask ParkAsync(DateTimeOffset at, string error, CancellationToken cancellationToken) => PutBackAsync(_outbox.ParkSql, at, error, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        _answered = true;
        await ReleaseAsync();
    }

    private async ValueTask PutBackAsync(string sql, DateTimeOffset at, string error, CancellationToken cancellationToken)
    {
        if (_answered)
        {
            return;
        }

        try
        {
            if (IsTransactionOpen())
            {
                await using NpgsqlBatch batch = new(Connection, Transaction);
                batch.AddCommand("rollback to savepoint chainwatch_handler");
                batch.AddCommand(sql).Parameters.With(Event.Sequence).With(_attempts).With(at).With(PostgresText.CleanError(error));
                await batch.ExecuteNonQueryAsync(cancellationToken);
                await Transaction.CommitAsync(cancellationToken);
                _answered = true;
                return;
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
        {
            // The handler has broken the connection, or left it in a state that nothing can be written in. What it wrote goes when the connection does.
        }

        // The row says how often it had been tried: where another instance has taken and answered it meanwhile, this answer comes too late and changes nothing.
        await ReleaseAsync();
        await using NpgsqlConnection connection = await _outbox.OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand update = new(sql, connection);
        update.Parameters.With(Event.Sequence).With(_attempts).With(at).With(PostgresText.CleanError(error));
        await update.ExecuteNonQueryAsync(cancellationToken);
        _answered = true;
    }

    private async ValueTask ReleaseAsync()
    {
        try
        {
            await Transaction.DisposeAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
        {
            // A broken connection has no transaction to roll back; the server has done it.
        }

        await Connection.DisposeAsync();
    }

    private bool IsTransactionOpen()
    {
        try
        {
            // This property answers only while the transaction is open, whoever has ended it and however.
            _ = Transaction.IsolationLevel;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
