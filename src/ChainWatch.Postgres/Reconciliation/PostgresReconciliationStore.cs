using System.Data;
using System.Numerics;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Keeps reconciliations, what they found and the states that agreed beside the payments. Like the store, it works through a transaction pooler.</summary>
internal sealed class PostgresReconciliationStore : IReconciliationStore
{
    /// <summary>How many runs of a chain are kept, with what they found.</summary>
    private const int RunsKept = 1_000;

    private readonly NpgsqlDataSource _dataSource;
    private readonly RecordedStatements _recorded;
    private readonly string _request;
    private readonly string _forget;
    private readonly string _audit;
    private readonly string _next;
    private readonly string _run;
    private readonly string _runs;
    private readonly string _discrepancies;
    private readonly string _term;
    private readonly string _save;
    private readonly string _found;
    private readonly string _reconciled;
    private readonly string _count;
    private readonly string _subjects;
    private readonly string _first;
    private readonly string _repair;

    public PostgresReconciliationStore(NpgsqlDataSource dataSource, PostgresSchema schema)
    {
        _dataSource = dataSource;
        _recorded = new RecordedStatements(dataSource, schema);
        _request =
            $"""
            insert into {schema}.reconciliation (chain, state, requested_at, requested_by, addresses, from_height, to_height, read_blocks, repair)
            values ($1, 'queued', $2, $3, $4, $5, $6, $7, $8) returning id
            """;
        _forget = $"delete from {schema}.reconciliation where chain = $1 and state = 'done' and id < (select id from {schema}.reconciliation where chain = $1 order by id desc offset $2 limit 1)";
        _audit = $"select {schema}.audit($1, $2, $3)";
        _next = $"select {ReconciliationColumns.Run} from {schema}.reconciliation where chain = $1 and state <> 'done' order by id limit 1";
        _run = $"select {ReconciliationColumns.Run} from {schema}.reconciliation where chain = $1 and id = $2";
        _runs = $"select {ReconciliationColumns.Run} from {schema}.reconciliation where chain = $1 order by id desc limit $2";
        _discrepancies =
            $"""
            select {ReconciliationColumns.Discrepancy} from {schema}.discrepancy
            where reconciliation = (select id from {schema}.reconciliation where chain = $1 and id = $2) order by id limit $3
            """;
        _term = $"select from {schema}.leadership where scope = $1 and term = $2 for share";
        _save =
            $"""
            update {schema}.reconciliation set state = $3, started_at = $4, ended_at = $5, position = $6, subjects = $7, matched = $8, mismatched = $9, missing = $10, extra = $11, unknown = $12,
                point_height = $13, point_hash = $14, point_slot = $15
            where chain = $1 and id = $2
            """;
        _found =
            $"""
            insert into {schema}.discrepancy (reconciliation, {ReconciliationColumns.Discrepancy})
            select $1, u.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::numeric[], $11::numeric[], $12::text[], $13::text[]) as u
            """;
        _reconciled =
            $"""
            insert into {schema}.reconciled_address (chain, key, height, hash, slot, sent, assets, balances, recorded) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (chain, key) do update set height = excluded.height, hash = excluded.hash, slot = excluded.slot, sent = excluded.sent,
                assets = excluded.assets, balances = excluded.balances, recorded = excluded.recorded
            """;
        _count = $"select count(*) from {schema}.watched_address where chain = $1 and ($2::bytea[] is null or key = any($2))";
        _subjects =
            $"""
            select w.key, w.address, w.reference_type, w.reference_id, w.from_height, w.added_at,
                (select min(p.block_height) from {schema}.payment p where p.chain = w.chain and p.key = w.key and p.status <> 'retracted'),
                exists (select from {schema}.back_scan s where s.chain = w.chain and w.key = any(s.keys)),
                r.height, r.hash, r.slot, r.sent, r.assets, r.balances, r.recorded
            from {schema}.watched_address w
            left join {schema}.reconciled_address r on r.chain = w.chain and r.key = w.key and not exists (
                select from {schema}.block b where b.chain = r.chain and b.partition = 0 and b.height = r.height and b.canonical and b.hash <> r.hash)
            where w.chain = $1 and ($2::bytea is null or w.key > $2) and ($3::bytea[] is null or w.key = any($3))
            order by w.key limit $4
            """;
        _first = $"select min(from_height) from {schema}.coverage where chain = $1 and partition = 0 and pass = 1";
        // Where no step of a payment is kept, nobody knows any more what the application was told of it: it might be told twice.
        _repair =
            $"""
            insert into {schema}.back_scan (chain, keys, from_height, to_height, repair)
            select c.chain, $2, $3, least($4, c.height), true from {schema}.cursor c
            where c.chain = $1 and c.partition = 0 and c.height >= $3 and not exists (
                select from {schema}.payment p where p.chain = $1 and p.block_height between $3 and $4
                    and not exists (select from {schema}.payment_event e where e.tx_id = p.tx_id and e.ordinal = p.ordinal and e.chain = p.chain))
            returning id
            """;
    }

    public async ValueTask<long> RequestAsync(Chain chain, ReconciliationRequest request, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        long id;
        await using (NpgsqlCommand command = new(_request, connection, transaction))
        {
            command.Parameters
                .With(chain.Name).With(at).With(PostgresText.Clean(request.RequestedBy)).WithKeys(request.Addresses).With(request.FromHeight).With(request.ToHeight).With(request.ReadBlocks).With(request.Repair);
            id = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            batch.AddCommand(_forget).Parameters.With(chain.Name).With(RunsKept);
            AddAudit(batch, "reconcile", chain, $"reconciliation {id}");
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    public async ValueTask<ReconciliationRun?> ReadNextAsync(Chain chain, CancellationToken cancellationToken) =>
        (await ReadAsync(_next, chain, static _ => { }, cancellationToken)).SingleOrDefault();

    public async ValueTask<ReconciliationRun?> ReadRunAsync(Chain chain, long id, CancellationToken cancellationToken) =>
        (await ReadAsync(_run, chain, parameters => parameters.With(id), cancellationToken)).SingleOrDefault();

    public async ValueTask<IReadOnlyList<ReconciliationRun>> ReadRunsAsync(Chain chain, int limit, CancellationToken cancellationToken) =>
        await ReadAsync(_runs, chain, parameters => parameters.With(limit), cancellationToken);

    public async ValueTask<IReadOnlyList<Discrepancy>> ReadDiscrepanciesAsync(Chain chain, long runId, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_discrepancies);
        command.Parameters.With(chain.Name).With(runId).With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Discrepancy> found = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(ReconciliationColumns.ReadDiscrepancy(reader));
        }

        return found;
    }

    public async ValueTask<bool> SaveAsync(Chain chain, long term, ReconciliationProgress progress, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        if (!await IsNewestAsync(connection, transaction, chain, term, cancellationToken))
        {
            return false;
        }

        ReconciliationRun run = progress.Run;
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            batch.AddCommand(_save).Parameters
                .With(chain.Name).With(run.Id).With(ReconciliationColumns.WordOf(run.State)).With(run.StartedAt).With(run.EndedAt).With(run.Position).With(run.Addresses)
                .With(run.Counts.Matched).With(run.Counts.Mismatched).With(run.Counts.Missing).With(run.Counts.Extra).With(run.Counts.Unknown)
                .With(run.Point?.Height).With(run.Point is { } point ? chain.Format.FormatHash(point.Hash) : null).With(run.Point?.Slot);
            AddFound(batch, run.Id, progress.Found);
            foreach (ReconciledState state in progress.Reconciled)
            {
                AddReconciled(batch, chain, state);
            }

            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async ValueTask<long> CountSubjectsAsync(Chain chain, ReconciliationRequest request, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_count);
        command.Parameters.With(chain.Name).WithKeys(request.Addresses);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async ValueTask<IReadOnlyList<ReconciliationSubject>> ReadSubjectsAsync(Chain chain, ReconciliationRequest request, AddressKey? after, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_subjects);
        command.Parameters.With(chain.Name).With(after).WithKeys(request.Addresses).With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ReconciliationSubject> subjects = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            AddressKey key = PaymentColumns.ReadKey(reader, 0);
            subjects.Add(new ReconciliationSubject
            {
                Address = new WatchedAddress
                {
                    Key = key,
                    Address = reader.GetString(1),
                    Reference = PaymentColumns.ReadReference(reader, 2),
                    FromHeight = reader.GetInt64(4),
                    AddedAt = await reader.GetFieldValueAsync<DateTimeOffset>(5, cancellationToken),
                },
                FirstPayment = await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetInt64(6),
                IsBeingRead = reader.GetBoolean(7),
                Last = ReconciliationColumns.ReadState(reader, 8, chain, key),
            });
        }

        return subjects;
    }

    public async ValueTask<IReadOnlyList<IReadOnlyDictionary<string, BigInteger>>?> ReadSumsAsync(Chain chain, ChainPoint point, IReadOnlyList<RecordedRange> ranges, CancellationToken cancellationToken) =>
        await _recorded.ReadSumsAsync(chain, point, ranges, cancellationToken);

    public async ValueTask<RecordedPayments?> ReadPaymentsAsync(Chain chain, ChainPoint point, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, bool withPoints, CancellationToken cancellationToken) =>
        await _recorded.ReadPaymentsAsync(chain, point, keys, fromHeight, toHeight, withPoints, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<PaymentId, Payment>?> FindPaymentsAsync(Chain chain, ChainPoint point, IReadOnlyList<PaymentId> ids, CancellationToken cancellationToken) =>
        await _recorded.FindAsync(chain, point, ids, cancellationToken);

    public async ValueTask<ChainPoint?> FindPointAsync(Chain chain, long height, CancellationToken cancellationToken) => await _recorded.FindPointAsync(chain, height, cancellationToken);

    public async ValueTask<long?> ReadFirstHeightAsync(Chain chain, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_first);
        command.Parameters.With(chain.Name);
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    public async ValueTask<long?> RepairAsync(Chain chain, long term, IReadOnlyList<AddressKey> keys, long fromHeight, long toHeight, string reason, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        if (!await IsNewestAsync(connection, transaction, chain, term, cancellationToken))
        {
            return null;
        }

        long? id;
        await using (NpgsqlCommand command = new(_repair, connection, transaction))
        {
            command.Parameters.With(chain.Name).WithKeys(keys).With(fromHeight).With(toHeight);
            id = await command.ExecuteScalarAsync(cancellationToken) as long?;
        }

        if (id is not null)
        {
            await using NpgsqlBatch batch = new(connection, transaction);
            AddAudit(batch, "repair", chain, reason);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    private void AddAudit(NpgsqlBatch batch, string action, Chain chain, string details)
    {
        PostgresAudit.AddActor(batch);
        batch.AddCommand(_audit).Parameters.With(action).With(chain.Name).With(PostgresText.Clean(details));
    }

    private async Task<bool> IsNewestAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Chain chain, long term, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(_term, connection, transaction);
        command.Parameters.With(WatchScope.For(chain, 0)).With(term);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken);
    }

    private void AddFound(NpgsqlBatch batch, long runId, IReadOnlyList<Discrepancy> found)
    {
        if (found.Count > 0)
        {
            batch.AddCommand(_found).Parameters
                .With(runId)
                .WithArray(NpgsqlDbType.Text, found, static one => one.Address)
                .WithArray(NpgsqlDbType.Text, found, static one => ReconciliationColumns.WordOf(one.Result))
                .WithArray(NpgsqlDbType.Text, found, static one => ReconciliationColumns.WordOf(one.Kind))
                .WithArray(NpgsqlDbType.Text, found, static one => one.Asset)
                .WithArray(NpgsqlDbType.Text, found, static one => one.TransactionId)
                .WithArray(NpgsqlDbType.Bigint, found, static one => one.Ordinal)
                .WithArray(NpgsqlDbType.Bigint, found, static one => one.FromHeight)
                .WithArray(NpgsqlDbType.Bigint, found, static one => one.ToHeight)
                .WithArray(NpgsqlDbType.Numeric, found, static one => one.Recorded)
                .WithArray(NpgsqlDbType.Numeric, found, static one => one.OnChain)
                .WithArray(NpgsqlDbType.Text, found, static one => PostgresText.Clean(one.Details))
                .WithArray(NpgsqlDbType.Text, found, static one => ReconciliationColumns.WordOf(one.Repair));
        }
    }

    private void AddReconciled(NpgsqlBatch batch, Chain chain, ReconciledState state) => batch.AddCommand(_reconciled).Parameters
        .With(chain.Name).With(state.Key).With(state.Point.Height).With(chain.Format.FormatHash(state.Point.Hash)).With(state.Point.Slot).With(state.Sent)
        .WithArray(NpgsqlDbType.Text, state.Recorded, static one => one.Asset.Symbol)
        .WithArray(NpgsqlDbType.Numeric, state.Recorded, one => state.Balances.First(balance => balance.Asset == one.Asset).Amount)
        .WithArray(NpgsqlDbType.Numeric, state.Recorded, static one => one.Amount);

    private async Task<IReadOnlyList<ReconciliationRun>> ReadAsync(string sql, Chain chain, Action<NpgsqlParameterCollection> add, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(sql);
        command.Parameters.With(chain.Name);
        add(command.Parameters);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ReconciliationRun> runs = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            runs.Add(ReconciliationColumns.ReadRun(reader, chain));
        }

        return runs;
    }
}
