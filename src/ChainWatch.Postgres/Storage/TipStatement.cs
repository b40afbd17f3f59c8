using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>
/// The one statement, after the fence, of a batch of a few new blocks. What it does is written in a function of the schema, since a session keeps the plans of a function:
/// planning the same over again for each block would take longer than doing it.
/// </summary>
internal sealed class TipStatement
{
    private const int Parameters = 37;

    private readonly string _sql;

    public TipStatement(PostgresSchema schema) =>
        _sql = $"select sequence, kind, {PaymentColumns.Names} from {schema}.commit_blocks({string.Join(", ", Enumerable.Range(1, Parameters).Select(static number => $"${number}"))})";

    /// <summary>Adds the statement. Its result is read by <see cref="ReadEventsAsync"/>; a payment that is stored already makes it fail.</summary>
    /// <param name="batch">The batch, with the fence in it.</param>
    /// <param name="write">What to write. It has a new cursor, and no rollback.</param>
    /// <param name="payments">Its payments, in the state that it leaves them in. Their references are looked up by the statement.</param>
    public void AddTo(NpgsqlBatch batch, CommitBatch write, IReadOnlyList<Payment> payments)
    {
        ChainFormat format = write.Chain.Format;
        ChainPoint cursor = write.NewCursor!.Value;
        ChainPoint? final = write.Finalized;
        List<CoverageRange> coverage = BlockStatements.Merge(write.Coverage);
        batch.AddCommand(_sql).Parameters
            .With(write.Chain.Name).With(write.Partition).With(write.Term).With(write.Cursor is null).With(write.At).With(write.Deliver)
            .With(cursor.Height).With(format.FormatHash(cursor.Hash)).With(cursor.Slot).With(write.Marks.Safe).With(write.Marks.Finalized)
            .With(final?.Height).With(final is null ? null : format.FormatHash(final.Value.Hash)).With(final?.Slot)
            .WithArray(NpgsqlDbType.Bigint, write.Blocks, static block => block.Point.Height)
            .WithArray(NpgsqlDbType.Text, write.Blocks, block => format.FormatHash(block.Point.Hash))
            .WithArray(NpgsqlDbType.Bigint, write.Blocks, static block => block.Point.Slot)
            .WithArray(NpgsqlDbType.Text, write.Blocks, block => format.FormatHash(block.ParentHash))
            .WithArray(NpgsqlDbType.TimestampTz, write.Blocks, BlockStatements.MinedAt)
            .WithArray(NpgsqlDbType.Bigint, coverage, static range => range.FromHeight)
            .WithArray(NpgsqlDbType.Bigint, coverage, static range => range.ToHeight)
            .WithArray(NpgsqlDbType.Text, coverage, static range => PostgresText.Clean(range.Endpoint))
            .WithArray(NpgsqlDbType.Integer, coverage, static range => range.Pass)
            .WithArray(NpgsqlDbType.Text, payments, static p => p.TransactionId)
            .WithArray(NpgsqlDbType.Bigint, payments, static p => p.Id.Ordinal)
            .WithArray(NpgsqlDbType.Text, payments, static p => p.Address)
            .WithArray(NpgsqlDbType.Bytea, payments, static p => p.To.Bytes.ToArray())
            .WithArray(NpgsqlDbType.Text, payments, static p => p.From)
            .WithArray(NpgsqlDbType.Text, payments, static p => p.Asset)
            .WithArray(NpgsqlDbType.Numeric, payments, static p => p.Amount)
            .WithArray(NpgsqlDbType.Text, payments, static p => p.Tag)
            .WithArray(NpgsqlDbType.Text, payments, static p => PostgresWords.Of(p.Status))
            .WithArray(NpgsqlDbType.Bigint, payments, static p => p.Block.Height)
            .WithArray(NpgsqlDbType.Text, payments, p => format.FormatHash(p.Block.Hash))
            .WithArray(NpgsqlDbType.Bigint, payments, static p => p.Block.Slot)
            .WithArray(NpgsqlDbType.Text, payments, static p => PostgresWords.Of(p.ConfirmationMark))
            .WithArray(NpgsqlDbType.Bigint, payments, static p => p.ConfirmationHeight);
    }

    /// <summary>Reads the events that it wrote.</summary>
    public static async Task ReadEventsAsync(NpgsqlDataReader reader, Chain chain, DateTimeOffset at, List<PaymentEvent> events, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken))
        {
            events.Add(new PaymentTransition(PostgresWords.KindOf(reader.GetString(1)), PaymentColumns.Read(reader, 2, chain.Format)).ToEvent(reader.GetInt64(0), at));
        }
    }
}
