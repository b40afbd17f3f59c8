using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Writes payments, their events and the outbox.</summary>
internal sealed class PaymentStatements
{
    /// <summary>Rows that one statement writes at most where there may be very many: a statement must end within the time that writes may take.</summary>
    public const int Slice = 2000;

    /// <summary>Rows that one binary copy writes at most, for the same reason: they are written several times faster.</summary>
    public const int CopySlice = 10_000;

    private readonly string _confirm;
    private readonly string _update;
    private readonly string _reserve;
    private readonly string _copyPayments;
    private readonly string _copyEvents;
    private readonly string _copyOutbox;
    private readonly string _selectTouched;
    private readonly string _selectReferences;
    private readonly string _selectTold;
    private readonly string _sequenceName;

    public PaymentStatements(PostgresSchema schema)
    {
        string columns = PaymentColumns.Names;
        _confirm = $"select sequence, {columns} from {schema}.confirm($1, $2, $3, $4, $5, $6, $7, $8)";
        _update = $"update {schema}.payment p set {PaymentColumns.Assign("u")} from {PaymentColumns.Unnest(2)} where p.chain = $1 and p.tx_id = u.tx_id and p.ordinal = u.ordinal";
        _sequenceName = $"{schema}.payment_event_sequence_seq";
        _reserve = "select array_agg(n) from (select nextval($1::regclass) as n from generate_series(1, $2)) as numbers";
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
        _selectTold =
            $"""
            select distinct on (e.tx_id, e.ordinal) {PaymentColumns.Of("e")}
            from unnest($2::text[], $3::bigint[]) as u (tx_id, ordinal)
            join {schema}.payment_event e on e.tx_id = u.tx_id and e.ordinal = u.ordinal and e.chain = $1
            where coalesce((select s.repair from {schema}.back_scan s where s.id = $4), false)
                or not exists (select from {schema}.payment p where p.chain = $1 and p.tx_id = u.tx_id and p.ordinal = u.ordinal)
            order by e.tx_id, e.ordinal, e.sequence desc
            """;
        _selectReferences = $"select w.key, w.reference_type, w.reference_id from {schema}.watched_address w where w.chain = $1 and w.key = any($2::bytea[])";
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

    /// <summary>
    /// Adds the statement that selects what was told last of payments of these identities: of all where a back-scan repairs, else of those that have no row. A payment always has one, so these lost theirs, and are not told anew.
    /// </summary>
    public void AddSelectTold(NpgsqlBatch batch, Chain chain, long? backScanId, IReadOnlyList<PaymentFound> found) =>
        batch.AddCommand(_selectTold).Parameters
            .With(chain.Name)
            .WithArray(NpgsqlDbType.Text, found, one => chain.Format.FormatHash(one.Transfer.TransactionId))
            .WithArray(NpgsqlDbType.Bigint, found, static one => one.Transfer.Ordinal)
            .With(backScanId);

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
        if (changes.Transitions.Count > 0)
        {
            await ReserveAsync(connection, changes.Transitions, at, events, cancellationToken);
        }

        foreach (Payment[] slice in changes.Updated.Chunk(Slice))
        {
            await using NpgsqlCommand update = new(_update, connection);
            update.Parameters.With(chain.Name);
            PaymentColumns.AddArrays(update.Parameters, chain.Format, slice);
            await update.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (Payment[] slice in changes.Inserted.Chunk(CopySlice))
        {
            await using BinaryCopy copy = await BinaryCopy.BeginAsync(connection, _copyPayments, chain.Format, cancellationToken);
            foreach (Payment payment in slice)
            {
                await copy.StartRowAsync(1 + PaymentColumns.Count, cancellationToken);
                copy.Integer(partition);
                PaymentColumns.Copy(copy, payment);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        foreach (PaymentEvent[] slice in events.Chunk(CopySlice))
        {
            await CopyEventsAsync(connection, chain, slice, cancellationToken);
            if (deliver)
            {
                await CopyOutboxAsync(connection, chain, slice, cancellationToken);
            }
        }
    }

    private async Task ReserveAsync(
        NpgsqlConnection connection, IReadOnlyList<PaymentTransition> transitions, DateTimeOffset at, List<PaymentEvent> events, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand reserve = new(_reserve, connection);
        reserve.Parameters.With(_sequenceName).With(transitions.Count);
        long[] sequences = (long[])(await reserve.ExecuteScalarAsync(cancellationToken))!;
        Array.Sort(sequences);
        for (int index = 0; index < transitions.Count; index++)
        {
            events.Add(transitions[index].ToEvent(sequences[index], at));
        }
    }

    private async Task CopyEventsAsync(NpgsqlConnection connection, Chain chain, PaymentEvent[] events, CancellationToken cancellationToken)
    {
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(connection, _copyEvents, chain.Format, cancellationToken);
        foreach (PaymentEvent one in events)
        {
            await copy.StartRowAsync(4 + PaymentColumns.Count, cancellationToken);
            copy.BigInt(one.Sequence);
            copy.Text(PostgresWords.Of(one.Kind));
            copy.Time(one.OccurredAt);
            copy.Text(one.Cause);
            PaymentColumns.Copy(copy, one.Payment);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task CopyOutboxAsync(NpgsqlConnection connection, Chain chain, PaymentEvent[] events, CancellationToken cancellationToken)
    {
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(connection, _copyOutbox, chain.Format, cancellationToken);
        foreach (PaymentEvent one in events)
        {
            await copy.StartRowAsync(6, cancellationToken);
            copy.BigInt(one.Sequence);
            copy.Text(one.Payment.Chain);
            copy.Text(one.Payment.TransactionId);
            copy.BigInt(one.Payment.Id.Ordinal);
            copy.Time(one.OccurredAt);
            copy.Time(one.OccurredAt);
        }

        await copy.CompleteAsync(cancellationToken);
    }
}
