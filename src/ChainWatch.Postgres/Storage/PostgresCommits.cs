using System.Data;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// Writes the follower's batches. A batch of a few new blocks, which is what comes at the tip, is one round trip: statements that the server runs as one transaction, the
/// fence first. Large batches, and those in which payments that are stored already change, read first and copy then, in an explicit transaction that begins with the same
/// fence.
/// </summary>
internal sealed class PostgresCommits
{
    /// <summary>Blocks and payments beyond which a binary copy is cheaper than arrays.</summary>
    public const int LargeBatch = 256;

    private const int MaxAttempts = 6;

    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresFence _fence;
    private readonly PaymentStatements _payments;
    private readonly BlockStatements _blocks;
    private readonly TipStatement _tip;
    private readonly BackScanStatements _backScans;
    private readonly SpendStatements _spends;
    private readonly BlockReadingStatements _readings;
    private readonly TimeProvider _time;
    private readonly string _selectCursor;

    public PostgresCommits(NpgsqlDataSource dataSource, PostgresSchema schema, TimeSpan writeTimeout, TimeProvider time)
    {
        _dataSource = dataSource;
        _fence = new PostgresFence(schema, writeTimeout);
        _payments = new PaymentStatements(schema);
        _blocks = new BlockStatements(schema);
        _tip = new TipStatement(schema);
        _backScans = new BackScanStatements(schema);
        _spends = new SpendStatements(schema);
        _readings = new BlockReadingStatements(schema);
        _time = time;
        _selectCursor = $"select height, hash, slot, term from {schema}.cursor where chain = $1 and partition = $2";
    }

    /// <summary>Writes a batch whole, or not at all.</summary>
    public async ValueTask<CommitResult> CommitAsync(CommitBatch write, CancellationToken cancellationToken)
    {
        write.ThrowIfNotLinked();
        IReadOnlyList<PaymentFound> found = Clean(write.Payments);
        // The one statement confirms up to its cursor: where less than that is agreed on, it is not for this batch.
        bool small = write.RollBackTo is null && write.NewCursor is { } cursor && cursor.Height == write.Marks.Head && write.Blocks.Count + found.Count <= LargeBatch;
        // Without a rollback, a payment can be stored already only where it was retracted before, or read by a back-scan: it is not looked for before the server says so.
        bool unstored = write.RollBackTo is null;
        return await RunAsync(
            async () =>
            {
                while (true)
                {
                    try
                    {
                        return small ? await CommitAtTipAsync(write, found, cancellationToken) : await CommitResolvedAsync(write, found, unstored, cancellationToken);
                    }
                    catch (PostgresException exception) when (unstored && exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "payment_pkey" })
                    {
                        // What it means is decided with the stored payment at hand.
                        small = false;
                        unstored = false;
                    }
                    catch (PostgresException exception) when (small && exception.SqlState == PostgresErrorCodes.QueryCanceled && !cancellationToken.IsCancellationRequested)
                    {
                        // One statement took longer than it may: so much is confirmed by this batch that it is done slice by slice.
                        small = false;
                    }
                }
            },
            async refusal => refusal.Outcome == CommitOutcome.CursorMoved && await IsCommittedAsync(write, cancellationToken),
            cancellationToken);
    }

    /// <summary>Writes a piece of a back-scan whole, or not at all.</summary>
    public async ValueTask<CommitResult> CommitBackScanAsync(BackScanBatch write, CancellationToken cancellationToken)
    {
        IReadOnlyList<PaymentFound> found = Clean(write.Payments);
        return await RunAsync(
            () => CommitPieceAsync(write, found, cancellationToken),
            async refusal => refusal.Outcome == CommitOutcome.CursorMoved && write.Blocks.Count > 0 &&
                await _backScans.IsBeyondAsync(_dataSource, write.Chain, write.BackScanId, write.Blocks[^1].Point.Height, cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// Runs a transaction, again where it fell victim to another one, and again where the connection was lost: then a refusal may mean that the lost attempt had been
    /// committed. The fence of the new attempt waits for whatever is left of the lost one, so that question has a final answer.
    /// </summary>
    internal async Task<CommitResult> RunAsync(Func<Task<CommitResult>> transaction, Func<CommitResult, Task<bool>> isCommitted, CancellationToken cancellationToken)
    {
        bool lost = false;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                CommitResult result = await transaction();
                return lost && result.Outcome != CommitOutcome.Committed && await isCommitted(result) ? new CommitResult { Outcome = CommitOutcome.Committed } : result;
            }
            catch (PostgresException exception) when (PostgresFailure.Refusal(exception) is { } refusal)
            {
                return lost && await isCommitted(refusal) ? new CommitResult { Outcome = CommitOutcome.Committed } : refusal;
            }
            catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "cursor_pkey" })
            {
                // Two writers made the first commit at once, and the other one was faster.
                return lost && await isCommitted(CommitResult.CursorMoved) ? new CommitResult { Outcome = CommitOutcome.Committed } : CommitResult.CursorMoved;
            }
            catch (Exception exception) when (attempt < MaxAttempts && !cancellationToken.IsCancellationRequested && (PostgresFailure.IsConflict(exception) || PostgresFailure.IsLost(exception)))
            {
                lost |= PostgresFailure.IsLost(exception);
                await Task.Delay(TimeSpan.FromMilliseconds(10 << attempt), _time, cancellationToken);
            }
        }
    }

    private async Task<CommitResult> CommitAtTipAsync(CommitBatch write, IReadOnlyList<PaymentFound> found, CancellationToken cancellationToken)
    {
        Payment[] payments = new Payment[found.Count];
        for (int index = 0; index < payments.Length; index++)
        {
            PaymentFound one = found[index];
            payments[index] = ConfirmIfReached(
                PaymentTransitions.Create(write.Chain, one, new PaymentId(one.Transfer.TransactionId, one.Transfer.Ordinal), reference: null, write.At), write.Marks, write.At);
        }

        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        // Without BEGIN: the server takes all statements up to the one Sync message as one transaction.
        await using NpgsqlBatch batch = new(connection);
        _fence.AddTo(batch, write);
        _tip.AddTo(batch, write, payments);
        _spends.AddSpends(batch, write.Chain, write.Partition, write.Spends);
        List<PaymentEvent> events = [];
        await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            await reader.NextResultAsync(cancellationToken);
            await TipStatement.ReadEventsAsync(reader, write.Chain, write.At, events, cancellationToken);
            while (await reader.NextResultAsync(cancellationToken))
            {
                // The transaction is over when the last result is.
            }
        }

        return new CommitResult { Outcome = CommitOutcome.Committed, Events = events };
    }

    private async Task<CommitResult> CommitResolvedAsync(CommitBatch write, IReadOnlyList<PaymentFound> found, bool unstored, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        List<Payment> touched = [];
        Dictionary<AddressKey, PaymentReference?> references;
        bool known;
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            AddBeginning(batch, write);
            if (!unstored)
            {
                _payments.AddSelectTouched(batch, write.Chain, write.Partition, write.RollBackTo?.Height ?? long.MaxValue, found);
            }

            _payments.AddSelectReferences(batch, write.Chain, found);
            _blocks.AddKnowsBlocks(batch, write);
            if (write.RollBackTo is { } target)
            {
                _blocks.AddRollBack(batch, write, target);
                _spends.AddRollBack(batch, write.Chain, write.Partition, target);
                _readings.AddRollBack(batch, write.Chain, target.Height);
            }

            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            if (!unstored)
            {
                await reader.NextResultAsync(cancellationToken);
                touched = await PaymentStatements.ReadTouchedAsync(reader, write.Chain, cancellationToken);
            }

            await reader.NextResultAsync(cancellationToken);
            references = await PaymentStatements.ReadReferencesAsync(reader, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            known = await reader.ReadAsync(cancellationToken) && reader.GetBoolean(0);
            while (await reader.NextResultAsync(cancellationToken))
            {
                // Failures of the other statements come out here.
            }
        }

        PaymentChanges changes = Confirm(
            PaymentTransitions.Resolve(write.Chain, write.RollBackTo, found, touched, key => references.GetValueOrDefault(key), write.At), write.Marks, write.At);
        List<PaymentEvent> events = [];
        await _payments.WriteAsync(connection, write.Chain, write.Partition, changes, write.At, write.Deliver, events, cancellationToken);
        bool copy = !known && write.Blocks.Count > LargeBatch;
        if (copy)
        {
            await _blocks.CopyBlocksAsync(connection, write, cancellationToken);
        }

        await ConfirmAsync(connection, write, events, cancellationToken);
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            AddBlocks(batch, write, copied: copy);
            if (batch.BatchCommands.Count > 0)
            {
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return new CommitResult { Outcome = CommitOutcome.Committed, Events = events };
    }

    private async Task<CommitResult> CommitPieceAsync(BackScanBatch write, IReadOnlyList<PaymentFound> found, CancellationToken cancellationToken)
    {
        if (write.Blocks.Count == 0)
        {
            return CommitResult.CursorMoved;
        }

        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        ChainMarks marks;
        long? toHeight = null;
        List<Payment> touched;
        List<Payment> told;
        Dictionary<AddressKey, PaymentReference?> references;
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            _fence.AddTo(batch, write);
            _backScans.AddCheck(batch, write);
            _payments.AddSelectTouched(batch, write.Chain, write.Partition, long.MaxValue, found);
            _payments.AddSelectReferences(batch, write.Chain, found);
            _payments.AddSelectTold(batch, write.Chain, write.BackScanId, found);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken) || await reader.IsDBNullAsync(0, cancellationToken))
            {
                return CommitResult.CursorMoved;
            }

            marks = new ChainMarks(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
            await reader.NextResultAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                toHeight = reader.GetInt64(0);
            }

            await reader.NextResultAsync(cancellationToken);
            touched = await PaymentStatements.ReadTouchedAsync(reader, write.Chain, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            references = await PaymentStatements.ReadReferencesAsync(reader, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            told = await PaymentStatements.ReadTouchedAsync(reader, write.Chain, cancellationToken);
            while (await reader.NextResultAsync(cancellationToken))
            {
                // Failures come out here.
            }
        }

        if (toHeight is null || write.Blocks[^1].Point.Height > marks.Head)
        {
            return CommitResult.CursorMoved;
        }

        PaymentFound[] wanted = [.. found.Where(one => one.Block.Height <= toHeight && references.ContainsKey(one.Transfer.To))];
        PaymentChanges changes = Confirm(
            PaymentTransitions.Resolve(write.Chain, rollBackTo: null, wanted, touched, key => references[key], write.At, told), marks, write.At);
        List<PaymentEvent> events = [];
        await _payments.WriteAsync(connection, write.Chain, write.Partition, changes, write.At, write.Deliver, events, cancellationToken);
        await using (NpgsqlBatch batch = new(connection, transaction))
        {
            _readings.AddPiece(batch, write);
            bool outputs = changes.Inserted.Concat(changes.Updated).Any(one => write.Chain.Format.OutputOf(one.Id) is not null);
            _backScans.AddMoveOn(batch, write.BackScanId, write.Blocks[^1].Point.Height + 1, outputs ? marks.Head : toHeight.Value);
            _spends.AddSpends(batch, write.Chain, write.Partition, write.Spends);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new CommitResult { Outcome = CommitOutcome.Committed, Events = events };
    }

    /// <summary>The fence, and the cursor right behind it: of two writers of a chain's first batch, who find no cursor to hold, one fails here and has written nothing else.</summary>
    private void AddBeginning(NpgsqlBatch batch, CommitBatch write)
    {
        _fence.AddTo(batch, write);
        if (write.NewCursor is { } cursor)
        {
            _blocks.AddCursor(batch, write, cursor);
        }
    }

    private void AddBlocks(NpgsqlBatch batch, CommitBatch write, bool copied)
    {
        if (write.Blocks.Count > 0 && !copied)
        {
            _blocks.AddBlocks(batch, write);
        }

        if (write.Coverage.Count > 0)
        {
            _blocks.AddCoverage(batch, write);
        }

        _spends.AddSpends(batch, write.Chain, write.Partition, write.Spends);

        if (write is { Cursor: null, RollBackTo: null, Blocks: [{ } first, ..] })
        {
            // Back-scans that were queued before the chain began end where it begins.
            _blocks.AddLowerBackScans(batch, write.Chain, first.Point.Height - 1);
        }
    }

    private async Task<bool> IsCommittedAsync(CommitBatch write, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand command = new(_selectCursor, connection);
        command.Parameters.With(write.Chain.Name).With(write.Partition);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) &&
            new ChainPoint(reader.GetInt64(0), write.Chain.Format.ParseHash(reader.GetString(1))) { Slot = reader.GetInt64(2) } == write.NewCursor &&
            reader.GetInt64(3) == write.Term;
    }

    /// <summary>Confirms what the marks have reached, slice by slice: after a long silence of the chain's final mark that may be very much at once.</summary>
    private async Task ConfirmAsync(NpgsqlConnection connection, CommitBatch write, List<PaymentEvent> events, CancellationToken cancellationToken)
    {
        int before;
        do
        {
            before = events.Count;
            await using NpgsqlBatch batch = new(connection);
            _payments.AddConfirm(batch, write.Chain, write.Partition, write.Marks, write.At, write.Deliver, PaymentStatements.Slice);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            await PaymentStatements.ReadConfirmedAsync(reader, write.Chain, write.At, events, cancellationToken);
        }
        while (events.Count - before == PaymentStatements.Slice);
    }

    /// <summary>Adds the confirmation of payments whose mark is reached as they come, so that each is written once.</summary>
    internal static PaymentChanges Confirm(PaymentChanges changes, ChainMarks marks, DateTimeOffset at)
    {
        List<PaymentTransition> transitions = [.. changes.Transitions];
        return new PaymentChanges
        {
            Inserted = [.. changes.Inserted.Select(ConfirmOne)],
            Updated = [.. changes.Updated.Select(ConfirmOne)],
            Transitions = transitions,
        };

        Payment ConfirmOne(Payment payment)
        {
            Payment confirmed = ConfirmIfReached(payment, marks, at);
            if (!ReferenceEquals(confirmed, payment))
            {
                transitions.Add(new PaymentTransition(PaymentEventKind.Confirmed, confirmed));
            }

            return confirmed;
        }
    }

    private static Payment ConfirmIfReached(Payment payment, ChainMarks marks, DateTimeOffset at) =>
        payment.Status == PaymentStatus.Detected && payment.ConfirmationHeight <= marks[payment.ConfirmationMark]
            ? payment with { Status = PaymentStatus.Confirmed, ConfirmedAt = at }
            : payment;

    internal static IReadOnlyList<PaymentFound> Clean(IReadOnlyList<PaymentFound> found)
    {
        PaymentFound[]? clean = null;
        for (int index = 0; index < found.Count; index++)
        {
            Transfer transfer = found[index].Transfer;
            string? from = PostgresText.Clean(transfer.From);
            string? tag = PostgresText.Clean(transfer.Tag);
            if (ReferenceEquals(from, transfer.From) && ReferenceEquals(tag, transfer.Tag))
            {
                continue;
            }

            clean ??= [.. found];
            clean[index] = new PaymentFound
            {
                Transfer = new Transfer
                {
                    TransactionId = transfer.TransactionId,
                    Ordinal = transfer.Ordinal,
                    To = transfer.To,
                    From = from,
                    Asset = transfer.Asset,
                    Amount = transfer.Amount,
                    Tag = tag,
                },
                Block = found[index].Block,
                ConfirmationMark = found[index].ConfirmationMark,
                ConfirmationHeight = found[index].ConfirmationHeight,
            };
        }

        return clean ?? found;
    }
}
