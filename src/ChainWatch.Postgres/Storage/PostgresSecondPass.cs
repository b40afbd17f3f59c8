using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>Says where the second pass stands, and writes its pieces: fenced, in one transaction, by the rules of every other payment.</summary>
internal sealed class PostgresSecondPass
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresCommits _commits;
    private readonly PostgresFence _fence;
    private readonly PaymentStatements _payments;
    private readonly BlockStatements _blocks;
    private readonly BackScanStatements _backScans;
    private readonly string _next;
    private readonly string _check;
    private readonly string _due;
    private readonly string _isBeyond;

    public PostgresSecondPass(NpgsqlDataSource dataSource, PostgresSchema schema, PostgresCommits commits, TimeSpan writeTimeout)
    {
        _dataSource = dataSource;
        _commits = commits;
        _fence = new PostgresFence(schema, writeTimeout);
        _payments = new PaymentStatements(schema);
        _blocks = new BlockStatements(schema);
        _backScans = new BackScanStatements(schema);
        _next =
            $"""
            select greatest(c.from_height, p.to_height + 1, k.height) as from_height, c.to_height, c.endpoint
            from {schema}.coverage c left join lateral (
                select l.to_height from {schema}.coverage l where l.chain = $1 and l.partition = $2 and l.pass = 2 order by l.from_height desc limit 1
            ) p on true left join lateral (
                -- Below the first header that is kept there is nothing to hold a second reading to.
                select b.height from {schema}.block b where b.chain = $1 and b.partition = $2 order by b.height limit 1
            ) k on true
            where c.chain = $1 and c.partition = $2 and c.pass = 1 and (p.to_height is null or c.to_height > p.to_height) and (k.height is null or c.to_height >= k.height)
            order by c.from_height limit 1
            """;
        // One row where the piece fits: it begins where the second pass stands, ends where it may, comes from somebody else, and no block of it contradicts a stored one.
        _check =
            $"""
            select n.from_height from ({_next}) n
            where n.from_height = ($3::bigint[])[1] and n.to_height >= $5 and n.endpoint <> $6 and not exists (
                select from unnest($3::bigint[], $4::text[]) as u (height, hash)
                left join {schema}.block b on b.chain = $1 and b.partition = $2 and b.height = u.height and b.canonical
                where b.hash is distinct from u.hash)
            """;
        // What the first pass should have found: the address was watched from that height on, and no back-scan is still to read it.
        _due =
            $"""
            select u.position from unnest($2::bytea[], $3::bigint[]) with ordinality as u (key, height, position)
            join {schema}.watched_address w on w.chain = $1 and w.key = u.key and w.from_height <= u.height
            where not exists (select from {schema}.back_scan s where s.chain = $1 and u.height between s.from_height and s.to_height and u.key = any (s.keys))
            """;
        _isBeyond = $"select exists (select from {schema}.coverage where chain = $1 and partition = $2 and pass = 2 and to_height >= $3)";
    }

    /// <summary>Reads where the second pass goes on.</summary>
    public async ValueTask<CoverageRange?> ReadAsync(Chain chain, int partition, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_next);
        command.Parameters.With(chain.Name).With(partition);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new CoverageRange(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), Pass: 1) : null;
    }

    /// <summary>Writes a piece whole, or not at all.</summary>
    public async ValueTask<CommitResult> CommitAsync(SecondPassBatch write, CancellationToken cancellationToken)
    {
        if (write.Blocks.Count == 0)
        {
            return CommitResult.CursorMoved;
        }

        IReadOnlyList<PaymentFound> found = PostgresCommits.Clean(write.Payments);
        return await _commits.RunAsync(
            () => CommitPieceAsync(write, found, cancellationToken),
            async refusal => refusal.Outcome == CommitOutcome.CursorMoved && await IsBeyondAsync(write, cancellationToken),
            cancellationToken);
    }

    private async Task<CommitResult> CommitPieceAsync(SecondPassBatch write, IReadOnlyList<PaymentFound> found, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        ChainMarks marks;
        bool fits;
        List<Payment> touched;
        List<Payment> told;
        Dictionary<AddressKey, PaymentReference?> references;
        HashSet<int> due = [];
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            _fence.AddTo(batch, write.Chain, write.Partition, write.Term);
            AddCheck(batch, write);
            _payments.AddSelectTouched(batch, write.Chain, write.Partition, long.MaxValue, found);
            _payments.AddSelectReferences(batch, write.Chain, found);
            _payments.AddSelectTold(batch, write.Chain, backScanId: null, found);
            batch.AddCommand(_due).Parameters
                .With(write.Chain.Name)
                .WithArray(NpgsqlDbType.Bytea, found, static one => one.Transfer.To.Bytes.ToArray())
                .WithArray(NpgsqlDbType.Bigint, found, static one => one.Block.Height);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken) || await reader.IsDBNullAsync(0, cancellationToken))
            {
                return CommitResult.CursorMoved;
            }

            marks = new ChainMarks(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
            await reader.NextResultAsync(cancellationToken);
            fits = await reader.ReadAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            touched = await PaymentStatements.ReadTouchedAsync(reader, write.Chain, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            references = await PaymentStatements.ReadReferencesAsync(reader, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            told = await PaymentStatements.ReadTouchedAsync(reader, write.Chain, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                due.Add((int)reader.GetInt64(0) - 1);
            }
        }

        if (!fits || write.Blocks[^1].Point.Height > marks.Finalized)
        {
            return CommitResult.CursorMoved;
        }

        PaymentFound[] wanted = [.. found.Where((_, index) => due.Contains(index))];
        PaymentChanges changes = PostgresCommits.Confirm(
            PaymentTransitions.Resolve(write.Chain, rollBackTo: null, wanted, touched, key => references.GetValueOrDefault(key), write.At, told), marks, write.At);
        List<PaymentEvent> events = [];
        await _payments.WriteAsync(connection, write.Chain, write.Partition, changes, write.At, write.Deliver, events, cancellationToken);
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            _blocks.AddCoverage(batch, write.Chain, write.Partition, [new CoverageRange(write.Blocks[0].Point.Height, write.Blocks[^1].Point.Height, write.Endpoint, Pass: 2)]);
            if (changes.FoundOutputs(write.Chain.Format) is { } outputs)
            {
                _backScans.AddQueue(batch, write.Chain, outputs.Keys, outputs.FromHeight, marks.Head);
            }

            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new CommitResult { Outcome = CommitOutcome.Committed, Events = events };
    }

    private void AddCheck(NpgsqlBatch batch, SecondPassBatch write)
    {
        ChainFormat format = write.Chain.Format;
        batch.AddCommand(_check).Parameters
            .With(write.Chain.Name).With(write.Partition)
            .WithArray(NpgsqlDbType.Bigint, write.Blocks, static block => block.Point.Height)
            .WithArray(NpgsqlDbType.Text, write.Blocks, block => format.FormatHash(block.Point.Hash))
            .With(write.Blocks[^1].Point.Height).With(PostgresText.Clean(write.Endpoint));
    }

    private async Task<bool> IsBeyondAsync(SecondPassBatch write, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _dataSource.CreateCommand(_isBeyond);
        command.Parameters.With(write.Chain.Name).With(write.Partition).With(write.Blocks[^1].Point.Height);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
