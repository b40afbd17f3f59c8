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

    private const string CauseDropped = "rebuild: the chain does not hold it";
    private const string CauseChanged = "rebuild: its transaction pays differently";

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
    /// <param name="limit">How many differences to name at most.</param>
    /// <param name="cancellationToken">Ends it; then nothing is changed.</param>
    /// <returns>What differed.</returns>
    /// <exception cref="ChainWatchException">The two have no block in common.</exception>
    public async Task<RebuildComparison> SwitchAsync(Chain chain, long fromHeight, RedeliveryMode mode, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chain);
        // Once without holding anybody up: what has to be read is at hand then.
        await CompareAsync(chain, fromHeight, 1, cancellationToken);
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        long term = await TakeTermAsync(connection, chain, cancellationToken);
        RebuildComparison comparison = await CompareAsync(connection, chain, fromHeight, limit, cancellationToken);
        bool begins = await ScalarAsync(connection, _sql.HasCursor, chain, cancellationToken) is false;
        ChainMarks marks = await ReadMarksAsync(connection, begins ? _sql.RebuiltMarks : _sql.Marks, chain, cancellationToken);
        await CorrectAsync(connection, chain, comparison, marks, mode, cancellationToken);
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
        await transaction.CommitAsync(cancellationToken);
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

        RebuildComparison comparison = new() { FromHeight = fromHeight, ToHeight = toHeight, Payments = 0, Differing = 0, Differences = [] };
        await ExecuteAsync(connection, _sql.Tidy, chain, comparison, cancellationToken);
        await using (NpgsqlCommand count = Command(connection, _sql.Count, chain, comparison))
        {
            await using NpgsqlDataReader reader = await count.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            comparison = comparison with { Differing = reader.GetInt64(0), Payments = reader.GetInt64(1) };
        }

        return comparison with
        {
            Differences = [.. (await ReadDifferencesAsync(connection, chain, comparison, limit, cancellationToken)).Select(static one =>
                one.Recorded?.Status == PaymentStatus.Retracted ? one with { Recorded = null } : one)],
        };
    }

    /// <summary>Corrects the payments by the rules of a reorg that replaced all of these blocks.</summary>
    private async Task CorrectAsync(NpgsqlConnection connection, Chain chain, RebuildComparison comparison, ChainMarks marks, RedeliveryMode mode, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        // Every slice that is written differs no more.
        for (long left = comparison.Differing; left > 0; left -= Slice)
        {
            IReadOnlyList<RebuildDifference> slice = await ReadDifferencesAsync(connection, chain, comparison, Slice, cancellationToken);
            PaymentFound[] found = [.. slice.Select(static one => one.Rebuilt).OfType<Payment>().Select(payment => ToFound(chain, payment))];
            Payment[] existing = [.. slice.Select(static one => one.Recorded).OfType<Payment>()];
            long above = existing.Select(static one => one.Block.Height).Append(comparison.FromHeight).Min() - 1;
            Dictionary<AddressKey, PaymentReference?> references = await ReadReferencesAsync(connection, chain, found, cancellationToken);
            PaymentChanges changes = PaymentTransitions.Resolve(
                chain, new ChainPoint(above, default), found, existing,
                key => references.TryGetValue(key, out PaymentReference? reference) ? reference : existing.FirstOrDefault(one => one.To == key)?.Reference, now);
            await _payments.WriteAsync(
                connection, chain, partition: 0, PostgresCommits.Confirm(Explained(changes, slice), marks, now), now, deliver: mode != RedeliveryMode.Nothing, events: [], cancellationToken);
        }
    }

    /// <summary>The changes with the cause that they have, and with what differs in the spelling of an address only, which is no event.</summary>
    private static PaymentChanges Explained(PaymentChanges changes, IReadOnlyList<RebuildDifference> slice)
    {
        HashSet<PaymentId> told = [.. changes.Transitions.Select(static one => one.Payment.Id)];
        return new PaymentChanges
        {
            Inserted = changes.Inserted,
            Updated =
            [
                .. changes.Updated,
                .. slice.Where(one => one is { Recorded: not null, Rebuilt: not null } && !told.Contains(one.Recorded.Id)).Select(static one => one.Recorded! with { Address = one.Rebuilt!.Address }),
            ],
            Transitions = [.. changes.Transitions.Select(static one => one.Cause switch
            {
                PaymentTransitions.CauseDropped => new PaymentTransition(one.Kind, one.Payment, CauseDropped),
                PaymentTransitions.CauseChanged => new PaymentTransition(one.Kind, one.Payment, CauseChanged),
                _ => one,
            })],
        };
    }

    private static PaymentFound ToFound(Chain chain, Payment payment) => new()
    {
        Transfer = new Transfer
        {
            TransactionId = payment.Id.TransactionId,
            Ordinal = payment.Id.Ordinal,
            To = payment.To,
            From = payment.From,
            Asset = chain.Assets.FirstOrDefault(asset => string.Equals(asset.Symbol, payment.Asset, StringComparison.Ordinal)) ?? new Asset { Symbol = payment.Asset, Decimals = 0 },
            Amount = payment.Amount,
            Tag = payment.Tag,
        },
        Block = payment.Block,
        ConfirmationMark = payment.ConfirmationMark,
        ConfirmationHeight = payment.ConfirmationHeight,
    };

    private async Task<IReadOnlyList<RebuildDifference>> ReadDifferencesAsync(NpgsqlConnection connection, Chain chain, RebuildComparison range, int limit, CancellationToken cancellationToken)
    {
        List<RebuildDifference> differences = [];
        await using NpgsqlCommand command = Command(connection, _sql.Differences, chain, range);
        command.Parameters.With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            differences.Add(new RebuildDifference
            {
                Rebuilt = reader.GetBoolean(0) ? PaymentColumns.Read(reader, 2, chain.Format) : null,
                Recorded = reader.GetBoolean(1) ? PaymentColumns.Read(reader, 2 + PaymentColumns.Count, chain.Format) : null,
            });
        }

        return differences;
    }

    private async Task<Dictionary<AddressKey, PaymentReference?>> ReadReferencesAsync(NpgsqlConnection connection, Chain chain, IReadOnlyList<PaymentFound> found, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(_sql.References, connection);
        command.Parameters.With(chain.Name).WithArray(NpgsqlDbType.Bytea, found.DistinctBy(static one => one.Transfer.To).ToArray(), static one => one.Transfer.To.Bytes.ToArray());
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
