using System.Numerics;
using ChainWatch;
using ChainWatch.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace DepositMonitor;

/// <summary>
/// Writes each event, and what it means for the address's balance, to the application's own tables: in the transaction in which the delivery is acknowledged. So both are
/// stored or neither is, whatever dies when: exactly once, without a check for duplicates.
/// </summary>
public sealed class RecordDeposit(DepositTables tables, ChainRegistry chains) : IPaymentHandler
{
    private const string Sql = """
        with event as (
            insert into deposit_event (sequence, chain, tx_id, ordinal, kind, address, asset, amount, reference_type, reference_id, block_height, block_hash, occurred_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            returning chain, address, asset
        )
        insert into deposit_balance as b (chain, address, asset, pending, confirmed)
        select chain, address, asset, $14, $15 from event
        on conflict (chain, address, asset) do update set pending = b.pending + excluded.pending, confirmed = b.confirmed + excluded.confirmed, updated_at = now()
        """;

    public async Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
    {
        await tables.Ready.WaitAsync(cancellationToken);
        Payment payment = context.Payment;
        (BigInteger pending, BigInteger confirmed) = Effect(context);
        await using NpgsqlCommand command = new(Sql, context.GetConnection(), context.GetTransaction());
        Add(command, NpgsqlDbType.Bigint, context.Event.Sequence);
        Add(command, NpgsqlDbType.Text, payment.Chain);
        Add(command, NpgsqlDbType.Text, payment.TransactionId);
        Add(command, NpgsqlDbType.Bigint, payment.Id.Ordinal);
        Add(command, NpgsqlDbType.Text, Word(context.Kind));
        Add(command, NpgsqlDbType.Text, payment.Address);
        Add(command, NpgsqlDbType.Text, payment.Asset);
        Add(command, NpgsqlDbType.Numeric, payment.Amount);
        Add(command, NpgsqlDbType.Text, (object?)payment.Reference?.Type ?? DBNull.Value);
        Add(command, NpgsqlDbType.Text, (object?)payment.Reference?.Id ?? DBNull.Value);
        Add(command, NpgsqlDbType.Bigint, payment.Block.Height);
        Add(command, NpgsqlDbType.Text, chains.Get(payment.Chain).Chain.Format.FormatHash(payment.Block.Hash));
        Add(command, NpgsqlDbType.TimestampTz, context.Event.OccurredAt.UtcDateTime);
        Add(command, NpgsqlDbType.Numeric, pending);
        Add(command, NpgsqlDbType.Numeric, confirmed);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What an event adds to an address's pending and confirmed balance.</summary>
    private static (BigInteger Pending, BigInteger Confirmed) Effect(PaymentContext context)
    {
        BigInteger amount = context.Payment.Amount;
        return context.Kind switch
        {
            PaymentEventKind.Detected => (amount, 0),
            PaymentEventKind.Confirmed => (-amount, amount),
            // A payment that was confirmed already is taken back from there: rare, and worth a person's attention (choose more confirmations).
            PaymentEventKind.Retracted => context.Payment.ConfirmedAt is null ? (-amount, 0) : (0, -amount),
            _ => (0, 0),
        };
    }

    private static string Word(PaymentEventKind kind) => kind switch
    {
        PaymentEventKind.Detected => "detected",
        PaymentEventKind.Confirmed => "confirmed",
        PaymentEventKind.Moved => "moved",
        _ => "retracted",
    };

    private static void Add(NpgsqlCommand command, NpgsqlDbType type, object value) => command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value });
}
