using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Benchmarks.Live;

/// <summary>The bound of P4: the rows of a batch, and nothing else, by binary copy into tables with the same columns and indexes, in one transaction.</summary>
internal sealed class BareStore(Chain chain, NpgsqlDataSource dataSource)
{
    private const string Columns =
        "chain, tx_id, ordinal, address, key, from_address, asset, amount, tag, status, block_height, block_hash, block_slot, confirmation_mark, confirmation_height, detected_at, confirmed_at, reference_type, reference_id";

    public static async Task PrepareAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "create schema bare; " + string.Concat(
                new[] { "payment", "payment_event", "outbox", "block", "coverage" }.Select(static table => $"create table bare.{table} (like {EvmHost.Schema}.{table} including all); ")));
        await command.ExecuteNonQueryAsync();
    }

    public async Task CopyAsync(CommitBatch batch, IReadOnlyList<PaymentEvent> events)
    {
        // What the rows hold is at hand before: only writing them is measured, and what it takes to turn them into bytes.
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var detected = events.Where(static one => one.Kind == PaymentEventKind.Detected).ToArray();
        await using (var importer = await connection.BeginBinaryImportAsync($"copy bare.payment (partition, {Columns}) from stdin (format binary)"))
        {
            foreach (var one in detected)
            {
                await importer.StartRowAsync();
                await importer.WriteAsync(0, NpgsqlDbType.Integer);
                await WriteAsync(importer, one.Payment);
            }

            await importer.CompleteAsync();
        }

        await using (var importer = await connection.BeginBinaryImportAsync($"copy bare.payment_event (sequence, kind, occurred_at, {Columns}) from stdin (format binary)"))
        {
            foreach (var one in events)
            {
                await importer.StartRowAsync();
                await importer.WriteAsync(one.Sequence, NpgsqlDbType.Bigint);
                await importer.WriteAsync(one.Kind == PaymentEventKind.Detected ? "detected" : "confirmed", NpgsqlDbType.Text);
                await importer.WriteAsync(one.OccurredAt.UtcDateTime, NpgsqlDbType.TimestampTz);
                await WriteAsync(importer, one.Payment);
            }

            await importer.CompleteAsync();
        }

        await using (var importer = await connection.BeginBinaryImportAsync("copy bare.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at) from stdin (format binary)"))
        {
            foreach (var one in events)
            {
                await importer.StartRowAsync();
                await importer.WriteAsync(one.Sequence, NpgsqlDbType.Bigint);
                await importer.WriteAsync(chain.Name, NpgsqlDbType.Text);
                await importer.WriteAsync(one.Payment.TransactionId, NpgsqlDbType.Text);
                await importer.WriteAsync(one.Payment.Id.Ordinal, NpgsqlDbType.Bigint);
                await importer.WriteAsync(one.OccurredAt.UtcDateTime, NpgsqlDbType.TimestampTz);
                await importer.WriteAsync(one.OccurredAt.UtcDateTime, NpgsqlDbType.TimestampTz);
            }

            await importer.CompleteAsync();
        }

        await using (var importer = await connection.BeginBinaryImportAsync("copy bare.block (chain, partition, height, hash, slot, parent_hash, canonical, mined_at) from stdin (format binary)"))
        {
            foreach (var block in batch.Blocks)
            {
                await importer.StartRowAsync();
                await importer.WriteAsync(chain.Name, NpgsqlDbType.Text);
                await importer.WriteAsync(0, NpgsqlDbType.Integer);
                await importer.WriteAsync(block.Point.Height, NpgsqlDbType.Bigint);
                await importer.WriteAsync(chain.Format.FormatHash(block.Point.Hash), NpgsqlDbType.Text);
                await importer.WriteAsync(0L, NpgsqlDbType.Bigint);
                await importer.WriteAsync(chain.Format.FormatHash(block.ParentHash), NpgsqlDbType.Text);
                await importer.WriteAsync(true, NpgsqlDbType.Boolean);
                await importer.WriteAsync(block.Timestamp.UtcDateTime, NpgsqlDbType.TimestampTz);
            }

            await importer.CompleteAsync();
        }

        await using (NpgsqlCommand coverage = new("insert into bare.coverage (chain, partition, pass, from_height, to_height, endpoint) values ($1, 0, 1, $2, $3, 'node')", connection, transaction))
        {
            coverage.Parameters.Add(new NpgsqlParameter<string> { TypedValue = chain.Name });
            coverage.Parameters.Add(new NpgsqlParameter<long> { TypedValue = batch.Blocks[0].Point.Height });
            coverage.Parameters.Add(new NpgsqlParameter<long> { TypedValue = batch.Blocks[^1].Point.Height });
            await coverage.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
    }

    private async Task WriteAsync(NpgsqlBinaryImporter importer, Payment payment)
    {
        await importer.WriteAsync(payment.Chain, NpgsqlDbType.Text);
        await importer.WriteAsync(payment.TransactionId, NpgsqlDbType.Text);
        await importer.WriteAsync(payment.Id.Ordinal, NpgsqlDbType.Bigint);
        await importer.WriteAsync(payment.Address, NpgsqlDbType.Text);
        await importer.WriteAsync(payment.To.Bytes.ToArray(), NpgsqlDbType.Bytea);
        await importer.WriteAsync(payment.From!, NpgsqlDbType.Text);
        await importer.WriteAsync(payment.Asset, NpgsqlDbType.Text);
        await importer.WriteAsync(payment.Amount, NpgsqlDbType.Numeric);
        await importer.WriteNullAsync();
        await importer.WriteAsync(payment.Status == PaymentStatus.Detected ? "detected" : "confirmed", NpgsqlDbType.Text);
        await importer.WriteAsync(payment.Block.Height, NpgsqlDbType.Bigint);
        await importer.WriteAsync(chain.Format.FormatHash(payment.Block.Hash), NpgsqlDbType.Text);
        await importer.WriteAsync(payment.Block.Slot, NpgsqlDbType.Bigint);
        await importer.WriteAsync("head", NpgsqlDbType.Text);
        await importer.WriteAsync(payment.ConfirmationHeight, NpgsqlDbType.Bigint);
        await importer.WriteAsync(payment.DetectedAt.UtcDateTime, NpgsqlDbType.TimestampTz);
        if (payment.ConfirmedAt is { } confirmedAt)
        {
            await importer.WriteAsync(confirmedAt.UtcDateTime, NpgsqlDbType.TimestampTz);
        }
        else
        {
            await importer.WriteNullAsync();
        }

        await importer.WriteAsync(payment.Reference!.Type, NpgsqlDbType.Text);
        await importer.WriteAsync(payment.Reference.Id, NpgsqlDbType.Text);
    }
}
