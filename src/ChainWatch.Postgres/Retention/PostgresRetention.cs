using System.Data;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Deletes what may go, a few rows at a time, in the order of an index. It holds the term while it does, and never the cursor: commits do not wait for it.</summary>
internal sealed class PostgresRetention
{
    // So many deleted rows are worth a walk over their table, after which their room is used again.
    private const long VacuumEvery = 20_000;

    private readonly NpgsqlDataSource _dataSource;
    private readonly string _timeouts;
    private readonly string _term;
    private readonly string _floor;
    private readonly string _blocks;
    private readonly string _oldCoverage;
    private readonly string _growCoverage;
    private readonly string _dropCoverage;
    private readonly string _events;
    private readonly string _foundByOld;
    private readonly string _oldRuns;
    private readonly string _size;
    private readonly string _vacuum;
    private long _deleted;

    public PostgresRetention(NpgsqlDataSource dataSource, PostgresSchema schema, TimeSpan writeTimeout)
    {
        _dataSource = dataSource;
        string timeout = string.Create(CultureInfo.InvariantCulture, $"{(long)writeTimeout.TotalMilliseconds}ms");
        _timeouts = $"select set_config('lock_timeout', '{timeout}', true), set_config('statement_timeout', '{timeout}', true), set_config('idle_in_transaction_session_timeout', '{timeout}', true)";
        _term = $"select term from {schema}.leadership where scope = $1 for share";
        // The cursor is not held: the newest final block only ever goes up.
        _floor = $"select final_height from {schema}.cursor where chain = $1 and partition = $2";
        _blocks =
            $"""
            with old as (
                select b.ctid, coalesce(b.mined_at, b.read_at) as at from {schema}.block b
                where b.chain = $1 and b.partition = $2 and b.height < $3 order by b.height, b.hash limit $5
            )
            delete from {schema}.block b using old where b.ctid = old.ctid and (old.at is null or old.at < $4)
            """;
        // A range is held while it is put together with others, since the second pass may be about to let it grow.
        _oldCoverage =
            $"""
            select pass, from_height, to_height, endpoint from {schema}.coverage
            where chain = $1 and partition = $2 and (last_read_at is null or last_read_at < $4)
                and to_height < least($3, (select b.height from {schema}.block b where b.chain = $1 and b.partition = $2 order by b.height limit 1))
            order by pass, from_height limit $5 for update
            """;
        _growCoverage =
            $"""
            update {schema}.coverage c set to_height = u.to_height, endpoint = u.endpoint, (first_read_at, last_read_at) = (
                select min(o.first_read_at), max(o.last_read_at) from {schema}.coverage o
                where o.chain = $1 and o.partition = $2 and o.pass = u.pass and o.from_height between u.from_height and u.to_height)
            from unnest($3::integer[], $4::bigint[], $5::bigint[], $6::text[]) as u (pass, from_height, to_height, endpoint)
            where c.chain = $1 and c.partition = $2 and c.pass = u.pass and c.from_height = u.from_height
            """;
        _dropCoverage =
            $"""
            delete from {schema}.coverage c using unnest($3::integer[], $4::bigint[], $5::bigint[]) as u (pass, from_height, to_height)
            where c.chain = $1 and c.partition = $2 and c.pass = u.pass and c.from_height > u.from_height and c.from_height <= u.to_height
            """;
        // What is left of a payment is its last event, which holds all of it; and as long as any event of it is undelivered, all of them.
        _events =
            $"""
            with seen as (
                select e.ctid, e.sequence, e.chain, e.tx_id, e.ordinal, e.occurred_at from {schema}.payment_event e where e.sequence > $2 order by e.sequence limit $5
            ), gone as (
                delete from {schema}.payment_event e using seen o
                where e.ctid = o.ctid and o.chain = $1 and o.occurred_at < $4
                    and exists (
                        select from {schema}.payment_event n where n.tx_id = o.tx_id and n.ordinal = o.ordinal and n.chain = o.chain and n.sequence > o.sequence)
                    and exists (
                        select from {schema}.payment p
                        where p.chain = o.chain and p.tx_id = o.tx_id and p.ordinal = o.ordinal and p.block_height < $3 and p.status <> 'detected')
                    and not exists (
                        select from {schema}.outbox w where hashtextextended(w.tx_id, w.ordinal) = hashtextextended(o.tx_id, o.ordinal)
                            and w.tx_id = o.tx_id and w.ordinal = o.ordinal and w.chain = o.chain)
                returning 1
            )
            select (select count(*) from gone), count(*), max(sequence), coalesce(max(occurred_at) < $4, false) from seen
            """;
        // From the last one of the schedule the next one is reckoned. The runs are held first, as whoever deletes them with all that they found would.
        string oldRuns =
            $"""
            select r.id from {schema}.reconciliation r
            where r.chain = $1 and r.state = 'done' and r.ended_at < $2 and r.id < (select max(n.id) from {schema}.reconciliation n where n.chain = $1 and n.state = 'done')
                and r.id is distinct from (select max(n.id) from {schema}.reconciliation n where n.chain = $1 and n.requested_by = $3)
            order by r.id limit $4 for update skip locked
            """;
        // What they found may be much more than they are: it goes first, piece by piece.
        _foundByOld =
            $"""
            with old as ({oldRuns})
            delete from {schema}.discrepancy d where d.id in (select f.id from {schema}.discrepancy f join old on old.id = f.reconciliation limit $4)
            """;
        _oldRuns =
            $"""
            with old as ({oldRuns})
            delete from {schema}.reconciliation r using old where r.id = old.id and not exists (select from {schema}.discrepancy f where f.reconciliation = r.id)
            """;
        // How dense a table was when it was last looked through, its rows times their width and overhead, holds for its pages of now; one that nobody has looked through counts as full.
        _size =
            $"""
            select coalesce(sum(t.whole), 0)::bigint, coalesce(sum(t.whole * least(1, t.rows * t.width / t.bytes)), 0)::bigint, pg_database_size(current_database()),
                coalesce(max(t.width * t.whole / greatest(t.heap, 1)) filter (where t.name = 'block'), 0)::bigint,
                coalesce(max(t.width * t.whole / greatest(t.heap, 1)) filter (where t.name = 'payment_event'), 0)::bigint
            from (
                select c.relname as name, pg_total_relation_size(c.oid)::numeric as whole, pg_relation_size(c.oid)::numeric as heap,
                    case when c.reltuples < 0 or c.relpages = 0 then null else c.reltuples end::numeric as rows, greatest(c.relpages, 1)::numeric * current_setting('block_size')::numeric as bytes,
                    32 + (select sum((1 - s.null_frac) * s.avg_width) from pg_stats s where s.schemaname = n.nspname and s.tablename = c.relname)::numeric as width
                from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = '{schema.Name}' and c.relkind = 'r'
            ) t
            """;
        _vacuum = $"vacuum (analyze) {schema}.block, {schema}.payment_event, {schema}.coverage, {schema}.reconciliation, {schema}.discrepancy";
    }

    /// <summary>Deletes a piece.</summary>
    public async ValueTask<PruneResult> PruneAsync(PruneRequest request, CancellationToken cancellationToken)
    {
        PruneResult result = request.Finishes ? new PruneResult { EventsThrough = request.AfterEvent } : await DeleteAsync(request, cancellationToken);
        if (!request.DryRun && (Interlocked.Add(ref _deleted, result.Total) >= VacuumEvery || (!result.HasMore && Interlocked.Read(ref _deleted) > 0)))
        {
            Interlocked.Exchange(ref _deleted, 0);
            await using NpgsqlCommand vacuum = _dataSource.CreateCommand(_vacuum);
            vacuum.CommandTimeout = 0;
            await vacuum.ExecuteNonQueryAsync(cancellationToken);
        }

        return result;
    }

    /// <summary>How large the store is.</summary>
    public async ValueTask<StoreSize> ReadSizeAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_size);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new StoreSize(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
    }

    private async Task<PruneResult> DeleteAsync(PruneRequest request, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        long? term;
        long? final;
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            batch.AddCommand(request.DryRun ? "select" : _timeouts);
            batch.AddCommand(_term).Parameters.With(WatchScope.For(request.Chain, request.Partition));
            batch.AddCommand(_floor).Parameters.With(request.Chain.Name).With(request.Partition);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            term = await reader.ReadAsync(cancellationToken) ? reader.GetInt64(0) : null;
            await reader.NextResultAsync(cancellationToken);
            final = await reader.ReadAsync(cancellationToken) && !await reader.IsDBNullAsync(0, cancellationToken) ? reader.GetInt64(0) : null;
        }

        if (request.Term is not null && request.Term != term)
        {
            return PruneResult.Fenced;
        }

        PruneResult result = new() { EventsThrough = request.AfterEvent };
        if (final is { } height)
        {
            long floor = Math.Min(request.BelowHeight, height);
            int limit = request.DryRun ? int.MaxValue : request.Limit;
            result = await DeleteBlocksAsync(connection, request, floor, limit, result, cancellationToken);
            result = await MergeCoverageAsync(connection, request, floor, limit, result, cancellationToken);
            result = await DeleteEventsAsync(connection, request, floor, limit, result, cancellationToken);
        }

        result = await DeleteReconciliationsAsync(connection, request, request.DryRun ? int.MaxValue : request.Limit, result, cancellationToken);
        if (request.DryRun)
        {
            await transaction.RollbackAsync(cancellationToken);
            return result with { HasMore = false };
        }

        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private async Task<PruneResult> DeleteBlocksAsync(NpgsqlConnection connection, PruneRequest request, long floor, int limit, PruneResult result, CancellationToken cancellationToken)
    {
        if (request.BlocksBefore is not { } before)
        {
            return result;
        }

        await using NpgsqlCommand command = new(_blocks, connection);
        command.Parameters.With(request.Chain.Name).With(request.Partition).With(floor).With(before).With(limit);
        int gone = await command.ExecuteNonQueryAsync(cancellationToken);
        return result with { Blocks = gone, HasMore = result.HasMore || gone == limit };
    }

    private async Task<PruneResult> MergeCoverageAsync(NpgsqlConnection connection, PruneRequest request, long floor, int limit, PruneResult result, CancellationToken cancellationToken)
    {
        if (request.CoverageBefore is not { } before)
        {
            return result;
        }

        List<CoverageRange> old = [];
        await using (NpgsqlCommand read = new(_oldCoverage, connection))
        {
            read.Parameters.With(request.Chain.Name).With(request.Partition).With(floor).With(before).With(limit);
            await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                old.Add(new CoverageRange(reader.GetInt64(1), reader.GetInt64(2), reader.GetString(3), reader.GetInt32(0)));
            }
        }

        CoverageRange[] grown = [.. CoverageMerge.Merge(old).Except(old)];
        if (grown.Length == 0)
        {
            return result;
        }

        await using NpgsqlBatch batch = new(connection);
        batch.AddCommand(_growCoverage).Parameters
            .With(request.Chain.Name).With(request.Partition)
            .WithArray(NpgsqlDbType.Integer, grown, static range => range.Pass)
            .WithArray(NpgsqlDbType.Bigint, grown, static range => range.FromHeight)
            .WithArray(NpgsqlDbType.Bigint, grown, static range => range.ToHeight)
            .WithArray(NpgsqlDbType.Text, grown, static range => range.Endpoint);
        NpgsqlBatchCommand drop = batch.AddCommand(_dropCoverage);
        drop.Parameters
            .With(request.Chain.Name).With(request.Partition)
            .WithArray(NpgsqlDbType.Integer, grown, static range => range.Pass)
            .WithArray(NpgsqlDbType.Bigint, grown, static range => range.FromHeight)
            .WithArray(NpgsqlDbType.Bigint, grown, static range => range.ToHeight);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return result with { Coverage = (long)drop.RecordsAffected, HasMore = result.HasMore || old.Count == limit };
    }

    private async Task<PruneResult> DeleteEventsAsync(NpgsqlConnection connection, PruneRequest request, long floor, int limit, PruneResult result, CancellationToken cancellationToken)
    {
        if (request.EventsBefore is not { } before)
        {
            return result;
        }

        await using NpgsqlCommand command = new(_events, connection);
        command.Parameters.With(request.Chain.Name).With(request.AfterEvent).With(floor).With(before).With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return result with
        {
            Events = reader.GetInt64(0),
            EventsThrough = await reader.IsDBNullAsync(2, cancellationToken) ? request.AfterEvent : reader.GetInt64(2),
            HasMore = result.HasMore || (reader.GetInt64(1) == limit && reader.GetBoolean(3)),
        };
    }

    private async Task<PruneResult> DeleteReconciliationsAsync(NpgsqlConnection connection, PruneRequest request, int limit, PruneResult result, CancellationToken cancellationToken)
    {
        if (request.ReconciliationsBefore is not { } before || request.Partition != 0)
        {
            return result;
        }

        await using NpgsqlBatch batch = new(connection);
        NpgsqlBatchCommand found = batch.AddCommand(_foundByOld);
        found.Parameters.With(request.Chain.Name).With(before).With(ReconciliationRequest.ScheduledBy).With(limit);
        NpgsqlBatchCommand runs = batch.AddCommand(_oldRuns);
        runs.Parameters.With(request.Chain.Name).With(before).With(ReconciliationRequest.ScheduledBy).With(limit);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return result with { Reconciliations = (long)runs.RecordsAffected, HasMore = result.HasMore || found.RecordsAffected == limit || runs.RecordsAffected == limit };
    }
}
