using System.Data;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>
/// A second schema beside the live one, into which a chain is read anew (<see cref="ChainRebuild"/>); the comparison of the two, and the taking over of what differs, in one transaction. The live
/// schema keeps its payments, references and events: a payment that is as it was is not touched, one that differs gets the events that lead to what the chain says.
/// </summary>
public sealed class PostgresRebuild
{
    /// <summary>How many differing payments are written at once, within the one transaction.</summary>
    private const int Slice = 10_000;

    private const int SwitchAttempts = 3;
    private static readonly TimeSpan SwitchPause = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _dataSource;
    private readonly RebuildSchema _rebuilt;
    private readonly RebuildStatements _sql;
    private readonly PaymentStatements _payments;
    private readonly TimeProvider _time;
    private readonly string _raiseTerm;

    /// <summary>Creates it.</summary>
    /// <param name="dataSource">The database that holds both.</param>
    /// <param name="live">The live schema.</param>
    /// <param name="rebuilt">The schema to rebuild into.</param>
    /// <param name="writeTimeout">How long one statement of a write may take.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="ChainWatchConfigurationException">A schema cannot have this name, or both have the same.</exception>
    public PostgresRebuild(NpgsqlDataSource dataSource, string live, string rebuilt, TimeSpan writeTimeout, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(timeProvider);
        PostgresSchema liveSchema = new(live);
        PostgresSchema rebuiltSchema = new(rebuilt);
        if (string.Equals(live, rebuilt, StringComparison.Ordinal))
        {
            throw new ChainWatchConfigurationException($"The schema '{live}' is the live one: a rebuild needs another one to write to.");
        }

        _dataSource = dataSource;
        _time = timeProvider;
        _rebuilt = new RebuildSchema(dataSource, liveSchema, rebuiltSchema);
        _sql = new RebuildStatements(liveSchema, rebuiltSchema);
        _payments = new PaymentStatements(liveSchema);
        _raiseTerm = PostgresWatchStore.RaiseTermSql(liveSchema);
        Store = new PostgresWatchStore(dataSource, rebuilt, writeTimeout, timeProvider);
    }

    /// <summary>The store of the rebuilt schema.</summary>
    public PostgresWatchStore Store { get; }

    /// <summary>How long a switch may hold up the live system's commits. What takes longer is taken back, tried twice more, and then given up.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan HoldLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Makes the schema ready: empty, or as an interrupted rebuild left it.</summary>
    /// <param name="resume">Whether to keep what an interrupted rebuild has read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ForeignSchemaException">The schema is something else than a rebuild's.</exception>
    public async Task PrepareAsync(bool resume, CancellationToken cancellationToken)
    {
        if (!resume || !await _rebuilt.ExistsAsync(cancellationToken))
        {
            await _rebuilt.CreateAsync(cancellationToken);
        }

        await Store.InitializeAsync(cancellationToken);
    }

    /// <summary>Drops the schema, where a rebuild made it.</summary>
    public Task DropAsync(CancellationToken cancellationToken) => _rebuilt.DropAsync(cancellationToken);

    /// <summary>Compares the payments of both, up to the newest block that both have read. What the live system had no reason to find is dropped from the rebuilt schema.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="fromHeight">The first block.</param>
    /// <param name="limit">How many differences to name at most.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="ChainWatchException">The two have no block in common.</exception>
    public async Task<RebuildComparison> CompareAsync(Chain chain, long fromHeight, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        RebuildComparison comparison = await CompareAsync(connection, chain, fromHeight, limit, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return comparison;
    }

    /// <summary>
    /// Makes the live records what the rebuilt ones are, up to the newest block that both have read, in one transaction under a new term: whoever leads the chain loses it for that long, and takes it
    /// again. It is audited.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="fromHeight">The first block.</param>
    /// <param name="mode">What the application is told of.</param>
    /// <param name="retract">
    /// Whether recorded payments that the rebuild did not find are retracted. That an endpoint did not tell of a payment is no proof that there is none: it is one where answers are held to what the block's hash
    /// commits to, or where others were asked.
    /// </param>
    /// <param name="limit">How many differences to name at most.</param>
    /// <param name="cancellationToken">Ends it; then nothing is changed.</param>
    /// <returns>What differed.</returns>
    /// <exception cref="ChainWatchException">The two have no block in common, or it took longer than <see cref="HoldLimit"/> each time: then nothing is changed.</exception>
    public async Task<RebuildComparison> SwitchAsync(Chain chain, long fromHeight, RedeliveryMode mode, bool retract, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        for (int attempt = 1; ; attempt++)
        {
            // Once without holding anybody up: what has to be read is at hand then.
            await CompareAsync(chain, fromHeight, 1, cancellationToken);
            if (await TrySwitchAsync(chain, fromHeight, mode, retract, limit, cancellationToken) is { } comparison)
            {
                return comparison;
            }

            if (attempt == SwitchAttempts)
            {
                throw new ChainWatchException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Switching chain '{chain.Name}' over took longer than {HoldLimit:c} each of {SwitchAttempts} times, and nothing was changed: try it when the database is less busy, or let it hold up the live system for longer."));
            }

            // What waited meanwhile is written first.
            await Task.Delay(SwitchPause, _time, cancellationToken);
        }
    }

    /// <summary>Switches over; <see langword="null"/> where that would take too long, with nothing changed.</summary>
    private async Task<RebuildComparison?> TrySwitchAsync(Chain chain, long fromHeight, RedeliveryMode mode, bool retract, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        long term = await TakeTermAsync(connection, chain, cancellationToken);
        using CancellationTokenSource hold = new(HoldLimit, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(hold.Token, cancellationToken);
        RebuildComparison comparison;
        try
        {
            comparison = await SwitchAsync(connection, chain, term, fromHeight, mode, retract, limit, either.Token);
        }
        catch (OperationCanceledException) when (hold.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        // Not by that token: whether a commit that is cancelled happened, nobody knows.
        await transaction.CommitAsync(cancellationToken);
        return comparison;
    }

    private async Task<RebuildComparison> SwitchAsync(
        NpgsqlConnection connection, Chain chain, long term, long fromHeight, RedeliveryMode mode, bool retract, int limit, CancellationToken cancellationToken)
    {
        RebuildComparison comparison = await CompareAsync(connection, chain, fromHeight, limit, cancellationToken);
        bool begins = await ScalarAsync(connection, _sql.HasCursor, chain, cancellationToken) is false;
        ChainMarks marks = await ReadMarksAsync(connection, begins ? _sql.RebuiltMarks : _sql.Marks, chain, cancellationToken);
        await CorrectAsync(connection, chain, comparison, marks, mode, retract, cancellationToken);
        foreach (string statement in _sql.TakeOver)
        {
            await ExecuteAsync(connection, statement, chain, comparison, cancellationToken);
        }

        if (begins)
        {
            await ExecuteAsync(connection, _sql.Begin[0], chain, comparison, cancellationToken, parameters => parameters.With(term));
            await ExecuteAsync(connection, _sql.Begin[1], chain, comparison, cancellationToken);
            await ExecuteAsync(connection, _sql.Begin[2], chain, comparison, cancellationToken);
        }

        if (mode == RedeliveryMode.Everything)
        {
            await ExecuteAsync(connection, _sql.DeliverAgain, chain, comparison, cancellationToken, parameters => parameters.With(_time.GetUtcNow()));
        }

        await AuditAsync(connection, chain, comparison, mode, cancellationToken);
        return comparison;
    }

    private async Task<long> TakeTermAsync(NpgsqlConnection connection, Chain chain, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(connection);
        PostgresAudit.AddActor(batch);
        batch.AddCommand("set local lock_timeout = '30s'");
        // It waits for the commits in flight; those after it wait for this transaction, and find that they do not lead any more.
        batch.AddCommand(_raiseTerm).Parameters.With(WatchScope.For(chain, 0)).With($"rebuild by {AuditActor.Current ?? "a program"}").With((long?)null).With((long?)null).With((string?)null).With(true);
        batch.AddCommand("set local idle_in_transaction_session_timeout = '60s'");
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? reader.GetInt64(0)
            : throw new ChainWatchException($"Chain '{chain.Name}' is just being handed to another instance; try again.");
    }

    private async Task<RebuildComparison> CompareAsync(NpgsqlConnection connection, Chain chain, long fromHeight, int limit, CancellationToken cancellationToken)
    {
        if (await ScalarAsync(connection, _sql.CommonHeight, chain, cancellationToken) is not long toHeight || toHeight < fromHeight)
        {
            throw new ChainWatchException(string.Create(
                CultureInfo.InvariantCulture, $"From block {fromHeight} on, the live and the rebuilt records of chain '{chain.Name}' have no block in common: the rebuild has not come far enough, or one of them follows another branch."));
        }

        if (await ScalarAsync(connection, _sql.FirstHeight, chain, cancellationToken) is not long first || first > fromHeight)
        {
            throw new ChainWatchException(string.Create(
                CultureInfo.InvariantCulture, $"The rebuild of chain '{chain.Name}' did not read block {fromHeight}: it began later. Compare from where it began, or rebuild anew."));
        }

        RebuildComparison comparison = new() { FromHeight = fromHeight, ToHeight = toHeight, Payments = 0, Differing = 0, Extra = 0, Differences = [] };
        await KeepTakersAsync(connection, chain, comparison, cancellationToken);
        await ExecuteAsync(connection, _sql.Tidy, chain, comparison, cancellationToken);
        await using (NpgsqlCommand count = Command(connection, _sql.Count, chain, comparison))
        {
            await using NpgsqlDataReader reader = await count.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            comparison = comparison with { Differing = reader.GetInt64(0), Payments = reader.GetInt64(1), Extra = reader.GetInt64(2) };
        }

        // Looking for what differs takes as long as counting it.
        return comparison.Differing == 0 ? comparison : comparison with
        {
            Differences = [.. (await ReadDifferencesAsync(connection, chain, comparison, limit, withExtra: true, cancellationToken)).Select(static one =>
                new RebuildDifference { Rebuilt = one.Rebuilt, Recorded = one.Recorded?.Status == PaymentStatus.Retracted ? null : one.Recorded })],
        };
    }

    /// <summary>
    /// Leaves payments with whom they are recorded for, of an account and its tags. The rebuild does not know when each was registered, removed, or given an earlier beginning, and the application was told of one of them.
    /// </summary>
    private async Task KeepTakersAsync(NpgsqlConnection connection, Chain chain, RebuildComparison range, CancellationToken cancellationToken)
    {
        if (!chain.Format.SharesBalances)
        {
            return;
        }

        List<(string TransactionId, long Ordinal, AddressKey Key, string Address)> kept = [];
        await using (NpgsqlCommand command = Command(connection, _sql.Takers, chain, range))
        {
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                AddressKey recorded = PaymentColumns.ReadKey(reader, 4);
                string? tag = await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetString(3);
                if (chain.Format.IsSameTaker(recorded, PaymentColumns.ReadKey(reader, 2), tag))
                {
                    kept.Add((reader.GetString(0), reader.GetInt64(1), recorded, reader.GetString(5)));
                }
            }
        }

        foreach (string statement in kept.Count > 0 ? _sql.KeepTakers : [])
        {
            await ExecuteAsync(connection, statement, chain, range, cancellationToken, parameters => parameters
                .WithArray(NpgsqlDbType.Text, kept, static one => one.TransactionId)
                .WithArray(NpgsqlDbType.Bigint, kept, static one => one.Ordinal)
                .WithArray(NpgsqlDbType.Bytea, kept, static one => one.Key.Bytes.ToArray())
                .WithArray(NpgsqlDbType.Text, kept, static one => one.Address));
        }
    }

    private async Task CorrectAsync(NpgsqlConnection connection, Chain chain, RebuildComparison comparison, ChainMarks marks, RedeliveryMode mode, bool retract, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        // Every slice that is written differs no more.
        for (long left = comparison.Differing; left > 0; left -= Slice)
        {
            IReadOnlyList<RebuildCorrection> slice = await ReadDifferencesAsync(connection, chain, comparison, Slice, retract, cancellationToken);
            Dictionary<AddressKey, PaymentReference?> references = await ReadReferencesAsync(connection, chain, [.. slice.Select(static one => one.Rebuilt?.To).OfType<AddressKey>().Distinct()], cancellationToken);
            PaymentChanges changes = PostgresCommits.Confirm(RebuildCorrection.Resolve(chain, comparison.FromHeight, slice, references, now), marks, now);
            await _payments.WriteAsync(connection, chain, partition: 0, changes, now, deliver: mode != RedeliveryMode.Nothing, events: [], cancellationToken);
        }
    }

    private async Task<IReadOnlyList<RebuildCorrection>> ReadDifferencesAsync(NpgsqlConnection connection, Chain chain, RebuildComparison range, int limit, bool withExtra, CancellationToken cancellationToken)
    {
        List<RebuildCorrection> differences = [];
        await using NpgsqlCommand command = Command(connection, _sql.Differences, chain, range);
        command.Parameters.With(limit).With(withExtra);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            Payment?[] payments = [.. Enumerable.Range(0, 3).Select(index => reader.GetBoolean(index) ? PaymentColumns.Read(reader, 3 + (index * PaymentColumns.Count), chain.Format) : null)];
            differences.Add(new RebuildCorrection(payments[0], payments[1], payments[2]));
        }

        return differences;
    }

    private async Task<Dictionary<AddressKey, PaymentReference?>> ReadReferencesAsync(NpgsqlConnection connection, Chain chain, IReadOnlyList<AddressKey> keys, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(_sql.References, connection);
        command.Parameters.With(chain.Name).WithArray(NpgsqlDbType.Bytea, keys, static key => key.Bytes.ToArray());
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await PaymentStatements.ReadReferencesAsync(reader, cancellationToken);
    }

    private static async Task<ChainMarks> ReadMarksAsync(NpgsqlConnection connection, string sql, Chain chain, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        command.Parameters.With(chain.Name);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new ChainMarks(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)) : new ChainMarks(-1, -1, -1);
    }

    private async Task AuditAsync(NpgsqlConnection connection, Chain chain, RebuildComparison comparison, RedeliveryMode mode, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand audit = new(_sql.Audit, connection);
        audit.Parameters.With(chain.Name).With(string.Create(
            CultureInfo.InvariantCulture,
            $"blocks {comparison.FromHeight} to {comparison.ToHeight} switched over: {comparison.Payments} payments, {comparison.Differing} of them differed; delivered: {mode.ToString().ToLowerInvariant()}"));
        await audit.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, Chain chain, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        command.Parameters.With(chain.Name);
        return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, Chain chain, RebuildComparison range, CancellationToken cancellationToken, Action<NpgsqlParameterCollection>? add = null)
    {
        await using NpgsqlCommand command = Command(connection, sql, chain, range);
        add?.Invoke(command.Parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, Chain chain, RebuildComparison range)
    {
        NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        command.Parameters.With(chain.Name).With(range.FromHeight).With(range.ToHeight);
        return command;
    }
}
