using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Writes payments, their events and the outbox.</summary>
internal sealed class PaymentStatements
{
    /// <summary>Rows that one statement writes at most where there may be very many: a statement must end within the time that writes may take.</summary>
    public const int Slice = 2000;

    private readonly string _insertFound;
    private readonly string _confirm;
    private readonly string _update;
    private readonly string _reserve;
    private readonly string _copyPayments;
    private readonly string _copyEvents;
    private readonly string _copyOutbox;
    private readonly string _selectTouched;
    private readonly string _selectReferences;
    private readonly string _sequenceName;

    public PaymentStatements(PostgresSchema schema)
    {
        string columns = PaymentColumns.Names;
        // Each payment is written once, in the state that the batch leaves it in; where that is "confirmed" there are two events, and the first still says "detected".
        _insertFound =
            $"""
            with found as (
                select $1::text as chain, u.*, w.reference_type as watched_type, w.reference_id as watched_id
                from {PaymentColumns.Unnest(5)} left join {schema}.watched_address w on w.chain = $1 and w.key = u.key
            ), stored as (
                insert into {schema}.payment (partition, {columns})
                select $2, {Found("status", "confirmed_at")} from found
            ), steps as (
                select 1 as step, 'detected' as kind, position, {Found("'detected'", "null::timestamptz")} from found
                union all
                select 2, 'confirmed', position, {Found("status", "confirmed_at")} from found where status = 'confirmed'
            ), written as (
                insert into {schema}.payment_event (kind, occurred_at, {columns})
                select kind, $3, {columns} from steps order by step, position
                returning sequence, kind, tx_id, ordinal, reference_type, reference_id
            ), queued as (
                insert into {schema}.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at)
                select sequence, $1, tx_id, ordinal, $3, $3 from written where $4
            )
            select sequence, kind, tx_id, ordinal, reference_type, reference_id from written order by sequence
            """;
        _confirm =
            $"""
            with reached (mark, height) as (
                values ('head', $3::bigint), ('safe', $4::bigint), ('finalized', $5::bigint)
            ), pending as (
                select p.tx_id, p.ordinal from reached r
                join {schema}.payment p on p.chain = $1 and p.partition = $2 and p.status = 'detected' and p.confirmation_mark = r.mark and p.confirmation_height <= r.height
                limit $8
            ), due as (
                update {schema}.payment p set status = 'confirmed', confirmed_at = $6
                from pending d
                where p.chain = $1 and p.tx_id = d.tx_id and p.ordinal = d.ordinal
                returning {PaymentColumns.Of("p")}
            ), written as (
                insert into {schema}.payment_event (kind, occurred_at, {columns})
                select 'confirmed', $6, {columns} from due order by block_height, tx_id, ordinal
                returning sequence, {columns}
            ), queued as (
                insert into {schema}.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at)
                select sequence, chain, tx_id, ordinal, $6, $6 from written where $7
            )
            select sequence, {columns} from written order by sequence
            """;
        _update = $"update {schema}.payment p set {PaymentColumns.Assign("u")} from {PaymentColumns.Unnest(2)} where p.chain = $1 and p.tx_id = u.tx_id and p.ordinal = u.ordinal";
        _sequenceName = $"{schema}.payment_event_sequence_seq";
        _reserve = "select nextval($1::regclass) from generate_series(1, $2)";
        _copyPayments = $"copy {schema}.payment (partition, {columns}) from stdin (format binary)";
        _copyEvents = $"copy {schema}.payment_event (sequence, kind, occurred_at, cause, {columns}) from stdin (format binary)";
        _copyOutbox = $"copy {schema}.outbox (sequence, chain, tx_id, ordinal, occurred_at, due_at) from stdin (format binary)";
        _selectTouched =
            $"""
            select {PaymentColumns.Of("p")} from {schema}.payment p
            where p.chain = $1 and p.partition = $2 and p.block_height > $3 and p.status <> 'retracted'
            union
            select {PaymentColumns.Of("p")} from unnest($4::text[], $5::bigint[]) as u (tx_id, ordinal)
            join {schema}.payment p on p.chain = $1 and p.tx_id = u.tx_id and p.ordinal = u.ordinal
            """;
        _selectReferences = $"select w.key, w.reference_type, w.reference_id from {schema}.watched_address w where w.chain = $1 and w.key = any($2::bytea[])";

        static string Found(string status, string confirmedAt) =>
            string.Join(", ", PaymentColumns.Names.Split(", ").Select(name => name switch
            {
                "status" => $"{status} as status",
                "confirmed_at" => $"{confirmedAt} as confirmed_at",
                "reference_type" => "watched_type as reference_type",
                "reference_id" => "watched_id as reference_id",
                _ => name,
            }));
    }

    /// <summary>Adds the statement that stores new payments with their events. Its result is read by <see cref="ReadFoundAsync"/>.</summary>
    public void AddInsertFound(NpgsqlBatch batch, CommitBatch write, IReadOnlyList<Payment> payments)
    {
        NpgsqlParameterCollection parameters = batch.AddCommand(_insertFound).Parameters;
        parameters.With(write.Chain.Name).With(write.Partition).With(write.At).With(write.Deliver);
        PaymentColumns.AddArrays(parameters, write.Chain.Format, payments);
    }

    /// <summary>Reads the events that <see cref="AddInsertFound"/> wrote.</summary>
    public static async Task ReadFoundAsync(NpgsqlDataReader reader, IReadOnlyList<Payment> payments, DateTimeOffset at, List<PaymentEvent> events, CancellationToken cancellationToken)
    {
        Dictionary<(string, long), Payment> byId = payments.ToDictionary(payment => (payment.TransactionId, payment.Id.Ordinal));
        while (await reader.ReadAsync(cancellationToken))
        {
            Payment payment = byId[(reader.GetString(2), reader.GetInt64(3))] with { Reference = PaymentColumns.ReadReference(reader, 4) };
            PaymentEventKind kind = PostgresWords.KindOf(reader.GetString(1));
            if (kind == PaymentEventKind.Detected)
            {
                payment = payment with { Status = PaymentStatus.Detected, ConfirmedAt = null };
            }

            events.Add(new PaymentTransition(kind, payment).ToEvent(reader.GetInt64(0), at));
        }
    }

    /// <summary>Adds the statement that confirms what the marks have reached. Its result is read by <see cref="ReadConfirmedAsync"/>.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="marks">How far the marks have come.</param>
    /// <param name="at">The time of the commit.</param>
    /// <param name="deliver">Whether the events go into the outbox.</param>
    /// <param name="limit">How many to confirm at most; <see langword="null"/> for all.</param>
    public void AddConfirm(NpgsqlBatch batch, Chain chain, int partition, ChainMarks marks, DateTimeOffset at, bool deliver, long? limit) =>
        batch.AddCommand(_confirm).Parameters
            .With(chain.Name).With(partition).With(marks.Head).With(marks.Safe).With(marks.Finalized).With(at).With(deliver).With(limit);

    /// <summary>Reads the events that <see cref="AddConfirm"/> wrote.</summary>
    public static async Task ReadConfirmedAsync(NpgsqlDataReader reader, Chain chain, DateTimeOffset at, List<PaymentEvent> events, CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken))
        {
            events.Add(new PaymentTransition(PaymentEventKind.Confirmed, PaymentColumns.Read(reader, 1, chain.Format)).ToEvent(reader.GetInt64(0), at));
        }
    }

    /// <summary>Adds the statement that selects what a batch touches: payments in blocks above a height, and those of given identities.</summary>
    public void AddSelectTouched(NpgsqlBatch batch, Chain chain, int partition, long aboveHeight, IReadOnlyList<PaymentFound> found) =>
        batch.AddCommand(_selectTouched).Parameters
            .With(chain.Name).With(partition).With(aboveHeight)
            .WithArray(NpgsqlDbType.Text, found, one => chain.Format.FormatHash(one.Transfer.TransactionId))
            .WithArray(NpgsqlDbType.Bigint, found, static one => one.Transfer.Ordinal);

    /// <summary>Adds the statement that selects which of the receiving addresses are watched, and what they stand for.</summary>
    public void AddSelectReferences(NpgsqlBatch batch, Chain chain, IReadOnlyList<PaymentFound> found) =>
        batch.AddCommand(_selectReferences).Parameters
            .With(chain.Name)
            .WithArray(NpgsqlDbType.Bytea, found.DistinctBy(static one => one.Transfer.To).ToArray(), static one => one.Transfer.To.Bytes.ToArray());

    /// <summary>Reads the payments that <see cref="AddSelectTouched"/> selected.</summary>
    public static async Task<List<Payment>> ReadTouchedAsync(NpgsqlDataReader reader, Chain chain, CancellationToken cancellationToken)
    {
        List<Payment> payments = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            payments.Add(PaymentColumns.Read(reader, 0, chain.Format));
        }

        return payments;
    }

    /// <summary>Reads what <see cref="AddSelectReferences"/> selected.</summary>
    public static async Task<Dictionary<AddressKey, PaymentReference?>> ReadReferencesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        Dictionary<AddressKey, PaymentReference?> references = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            references.Add(PaymentColumns.ReadKey(reader, 0), PaymentColumns.ReadReference(reader, 1));
        }

        return references;
    }

    /// <summary>Writes changed payments and their events in the transaction that is open on the connection, by binary copy.</summary>
    public async Task WriteAsync(
        NpgsqlConnection connection, Chain chain, int partition, PaymentChanges changes, DateTimeOffset at, bool deliver, List<PaymentEvent> events, CancellationToken cancellationToken)
    {
        if (changes.Transitions.Count == 0)
        {
            return;
        }

        await ReserveAsync(connection, changes.Transitions, at, events, cancellationToken);
        foreach (Payment[] slice in changes.Updated.Chunk(Slice))
        {
            await using NpgsqlCommand update = new(_update, connection);
            update.Parameters.With(chain.Name);
            PaymentColumns.AddArrays(update.Parameters, chain.Format, slice);
            await update.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (Payment[] slice in changes.Inserted.Chunk(Slice))
        {
            await using NpgsqlBinaryImporter payments = await connection.BeginBinaryImportAsync(_copyPayments, cancellationToken);
            foreach (Payment payment in slice)
            {
                await payments.StartRowAsync(cancellationToken);
                await payments.WriteAsync(partition, NpgsqlDbType.Integer, cancellationToken);
                await PaymentColumns.CopyAsync(payments, chain.Format, payment, cancellationToken);
            }

            await payments.CompleteAsync(cancellationToken);
        }

        foreach (PaymentEvent[] slice in events.Chunk(Slice))
        {
            await CopyEventsAsync(connection, chain, slice, cancellationToken);
            if (deliver)
            {
                await CopyOutboxAsync(connection, slice, cancellationToken);
            }
        }
    }

    private async Task ReserveAsync(
        NpgsqlConnection connection, IReadOnlyList<PaymentTransition> transitions, DateTimeOffset at, List<PaymentEvent> events, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand reserve = new(_reserve, connection);
        reserve.Parameters.With(_sequenceName).With(transitions.Count);
        List<long> sequences = new(transitions.Count);
        await using (NpgsqlDataReader reader = await reserve.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                sequences.Add(reader.GetInt64(0));
            }
        }

        sequences.Sort();
        for (int index = 0; index < transitions.Count; index++)
        {
            events.Add(transitions[index].ToEvent(sequences[index], at));
        }
    }

    private async Task CopyEventsAsync(NpgsqlConnection connection, Chain chain, PaymentEvent[] events, CancellationToken cancellationToken)
    {
        await using NpgsqlBinaryImporter importer = await connection.BeginBinaryImportAsync(_copyEvents, cancellationToken);
        foreach (PaymentEvent one in events)
        {
            await importer.StartRowAsync(cancellationToken);
            await importer.WriteAsync(one.Sequence, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(PostgresWords.Of(one.Kind), NpgsqlDbType.Text, cancellationToken);
            await importer.WriteAsync(one.OccurredAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
            await importer.WriteTextAsync(one.Cause, cancellationToken);
            await PaymentColumns.CopyAsync(importer, chain.Format, one.Payment, cancellationToken);
        }

        await importer.CompleteAsync(cancellationToken);
    }

    private async Task CopyOutboxAsync(NpgsqlConnection connection, PaymentEvent[] events, CancellationToken cancellationToken)
    {
        await using NpgsqlBinaryImporter importer = await connection.BeginBinaryImportAsync(_copyOutbox, cancellationToken);
        foreach (PaymentEvent one in events)
        {
            await importer.StartRowAsync(cancellationToken);
            await importer.WriteAsync(one.Sequence, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(one.Payment.Chain, NpgsqlDbType.Text, cancellationToken);
            await importer.WriteAsync(one.Payment.TransactionId, NpgsqlDbType.Text, cancellationToken);
            await importer.WriteAsync(one.Payment.Id.Ordinal, NpgsqlDbType.Bigint, cancellationToken);
            await importer.WriteAsync(one.OccurredAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
            await importer.WriteAsync(one.OccurredAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
        }

        await importer.CompleteAsync(cancellationToken);
    }
}
