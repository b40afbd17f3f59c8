using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// The only writer of a scope, for one term: takes updates from the source, finds the payments, and commits. It ends by an exception, or when it is cancelled; what was
/// not committed is read again by the next one.
/// </summary>
internal sealed class Follower
{
    /// <summary>The term of a follower that only rehearses: no store ever gives it to anybody.</summary>
    public const long NoTerm = -1;

    private readonly ChainRegistration _registration;
    private readonly IWatchStore _store;
    private readonly FollowerOptions _options;
    private readonly ChainStatus _status;
    private readonly ChainWatchMetrics _metrics;
    private readonly EngineSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FollowProgress _progress;
    private readonly bool _deliver;
    private readonly long _term;
    private readonly FollowedAddresses _addresses;
    private readonly bool _hasWatched;
    private readonly UnspentOutputs _unspent;
    private bool _began;
    private bool _hasCommitted;
    private ChainPoint? _cursor;
    private ChainMarks _marks;
    private ChainPoint? _finalized;
    private ChainTip? _tip;
    private CommitUnderWay? _commit;

    public Follower(ChainRegistration registration, FollowerOptions options, bool deliver, long term, IWatchStore store, ChainStatus status, ChainWatchMetrics metrics, EngineSignals signals, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _options = options;
        _deliver = deliver;
        _term = term;
        _store = store;
        _status = status;
        _metrics = metrics;
        _signals = signals;
        _time = time;
        _logger = logger;
        _progress = new FollowProgress("Catch-up", registration.Chain.Name, time, logger);
        _addresses = new FollowedAddresses(registration.Chain, store, options.WatchPage);
        _unspent = new UnspentOutputs(registration.Chain, store);
        Takers = new TransferTakers(registration.Chain, store);
        Outputs = new OutputHandover(registration.Chain.Format.OrdinalsPerOutput > 0);
    }

    /// <summary>Where it learns of outputs that back-scans found.</summary>
    public OutputHandover Outputs { get; }

    /// <summary>Says which of the addresses that share an account takes a transfer.</summary>
    public TransferTakers Takers { get; init; }

    /// <summary>
    /// The watched addresses as far as they are known. A follower that is given them begins without asking: where they are out of date, its first commit is told so.
    /// </summary>
    public AddressSet? Watched
    {
        get => _addresses.Watched;
        init
        {
            if (value is not null)
            {
                _addresses.Begin(value);
                _hasWatched = true;
            }
        }
    }

    /// <summary>True once a batch was committed in this term: <see cref="Watched"/> was complete then.</summary>
    public bool HasCommitted => Volatile.Read(ref _hasCommitted);

    /// <summary>Where to begin on the first run: by default where the registration says.</summary>
    public long? StartHeight { get => field ?? _registration.StartHeight; init; }

    /// <summary>Ends the following where nothing is half done, when it is cancelled.</summary>
    public CancellationToken HandOver { get; init; }

    /// <summary>
    /// The first term on the store as it is now (<see cref="Leadership.StoreTerm"/>). Where the last commit is of an older one, the source is asked to tell everything above
    /// the last final block once more, and the first commit replaces what is stored with what it told.
    /// </summary>
    public long StoreTerm { get; init; }

    /// <summary>What payments' confirmations wait for besides the chain's marks; <see langword="null"/> for nothing.</summary>
    public Quorum? Quorum { get; init; }

    /// <summary>Called once, when the first batch is committed, or the source says that there is nothing to commit.</summary>
    public Action? Began { get; init; }

    private Chain Chain => _registration.Chain;

    private bool Rehearses => _term == NoTerm;

    /// <summary>Follows until cancelled, or until it is to hand over.</summary>
    /// <exception cref="LeadershipLostException">There is a newer term.</exception>
    /// <exception cref="FinalityViolationException">The chain replaced final blocks.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _status.Working();
        if (!_hasWatched)
        {
            await TakeWatchChangesAsync(pending: null, [], cancellationToken);
        }

        while (!HandOver.IsCancellationRequested)
        {
            _status.Working();
            ScopeState state = await LoadAsync(cancellationToken);
            await _unspent.LoadAsync(cancellationToken);
            _status.StandsAt(_cursor, _marks.Finalized);
            if (_cursor is { } stands)
            {
                Quorum?.Committed(stands, endpoint: null);
            }

            bool verify = state.Term < StoreTerm && state.Known.Count > 1;
            await FollowAsync(verify ? Distrust(state) : state, cancellationToken);
        }
    }

    /// <summary>
    /// Does once what <see cref="RunAsync"/> does first, up to a write that the store refuses, since there is no such term: from before the newest block, so that there is one to read. What is read is
    /// dropped.
    /// </summary>
    public async Task RehearseAsync(CancellationToken cancellationToken)
    {
        await TakeWatchChangesAsync(pending: null, [], cancellationToken);
        ScopeState state = await LoadAsync(cancellationToken);
        await _unspent.LoadAsync(cancellationToken);
        if (state.Known.Count > 1)
        {
            state = new ScopeState { Known = [.. state.Known.SkipLast(1)], Finalized = state.Finalized, Marks = state.Marks, Term = state.Term };
            _cursor = state.Cursor;
        }

        try
        {
            await FollowAsync(state, cancellationToken);
        }
        catch (LeadershipLostException)
        {
            // The store was asked, and knows no such term.
        }
    }

    private async Task<ScopeState> LoadAsync(CancellationToken cancellationToken)
    {
        ScopeState state = await _store.LoadAsync(Chain, partition: 0, cancellationToken);
        _cursor = state.Cursor;
        _marks = state.Marks;
        _finalized = state.Finalized;
        return state;
    }

    /// <summary>What is left to begin from when nothing that is not final is taken for granted.</summary>
    private ScopeState Distrust(ScopeState state)
    {
        LeadershipLog.StoreReplaced(_logger, WatchScope.For(Chain, 0), state.Known[0].Height);
        return new ScopeState { Known = [state.Known[0]], Finalized = state.Finalized, Marks = state.Marks, Term = state.Term };
    }

    private SourceRequest RequestFor(ScopeState state) => new()
    {
        Known = state.Known,
        Finalized = state.Finalized,
        StartHeight = StartHeight,
        Watched = () => _addresses.Wanted,
    };

    /// <summary>Follows from a state, until the source has to start anew because blocks must be read again.</summary>
    private async Task FollowAsync(ScopeState state, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, HandOver);
        _status.Restart = () => ThreadPool.UnsafeQueueUserWorkItem(CancelUnlessOver, stop, preferLocal: false);
        using PendingBatch first = new();
        using PendingBatch second = new();
        PendingBatch pending = first;
        if (state.Cursor is { } trusted && trusted != _cursor)
        {
            pending.Replace(_cursor!.Value, trusted);
            await _addresses.TakeUnwatchedAsync(pending, cancellationToken);
            await _unspent.TakeBackAsync(trusted.Height, cancellationToken);
        }

        IAsyncEnumerator<ChainUpdate> updates = _registration.CreateSource().ReadAsync(RequestFor(state), stop.Token).GetAsyncEnumerator(stop.Token);
        Task<bool>? moving = null;
        try
        {
            while (true)
            {
                moving ??= updates.MoveNextAsync().AsTask();
                if (_commit is { Writing.IsCompleted: true } && !await EndCommitAsync(pending, cancellationToken))
                {
                    return;
                }

                if (!moving.IsCompleted)
                {
                    // When the source has nothing at hand, this is the moment to commit, while it reads on.
                    if (_commit is null && !pending.IsEmpty && !pending.IsOpen && !await CommitAsync(cancellationToken))
                    {
                        return;
                    }

                    if (_commit is not null)
                    {
                        // Whichever comes first: the source may be waiting for the memory of what is being committed.
                        await Task.WhenAny(moving, _commit.Writing);
                        continue;
                    }
                }

                // While something is written it is at work, however many blocks come meanwhile.
                bool waits = _commit is null;
                if (waits)
                {
                    _status.Waiting();
                }

                bool more = await moving;
                if (waits)
                {
                    _status.Working();
                }

                moving = null;
                if (!more)
                {
                    throw new ChainWatchException($"The source of chain '{Chain.Name}' ended. A source tells its chain without end, or throws.");
                }

                if (Rehearses && updates.Current is RollBack)
                {
                    // That is the leader's to tell; by the next rehearsal it is over.
                    return;
                }

                // Blocks that follow may be looked through while those before them are written; anything else is about what stands.
                if (updates.Current is not RollForward && !await EndCommitAsync(pending, cancellationToken))
                {
                    return;
                }

                if (!await TakeAsync(pending, updates.Current, cancellationToken) ||
                    ((pending.IsFull(_options) || (updates.Current is Idle && !pending.IsOpen)) && !await CommitAsync(cancellationToken)))
                {
                    return;
                }

                if (updates.Current is Idle)
                {
                    if (!await EndCommitAsync(pending, cancellationToken))
                    {
                        return;
                    }

                    if (!_began)
                    {
                        if (Rehearses)
                        {
                            return;
                        }

                        Begin();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The watchdog wants a new source, or another instance the scope.
        }
        finally
        {
            await AbandonCommitAsync();
            _status.Waiting();
            _status.Restart = null;
            stop.CancelNow();
            if (moving is not null)
            {
                // An iterator cannot be disposed in the middle of a step.
                await Task.WhenAny(moving);
            }

            await updates.DisposeAsync();
        }

        // What comes meanwhile goes into the other batch.
        async Task<bool> CommitAsync(CancellationToken cancellationToken)
        {
            if (!await EndCommitAsync(pending, cancellationToken))
            {
                return false;
            }

            await BeginCommitAsync(pending, cancellationToken);
            if (_commit is { MayOverlap: true, Writing.IsCompleted: false })
            {
                pending = ReferenceEquals(pending, first) ? second : first;
                return true;
            }

            return await EndCommitAsync(following: null, cancellationToken);
        }
    }

    /// <summary>Runs on the thread pool: what hangs on the token must not run on the watchdog's thread.</summary>
    private static void CancelUnlessOver(CancellationTokenSource source)
    {
        try
        {
            source.CancelNow();
        }
        catch (ObjectDisposedException)
        {
            // The source ended by itself meanwhile.
        }
    }

    /// <summary>Takes an update in. False when the block must be read again, since it was fetched for fewer addresses than are watched now.</summary>
    private async Task<bool> TakeAsync(PendingBatch pending, ChainUpdate update, CancellationToken cancellationToken)
    {
        _tip = update.Tip;
        switch (update)
        {
            case RollForward forward:
                PendingBlock block = new(forward.Block);
                if (!block.MatchAnew(_addresses.Watched, _addresses.Unwatched))
                {
                    forward.Block.Dispose();
                    return false;
                }

                _unspent.Find(block);
                pending.Add(block);
                _progress.Saw(forward.Block.Header.Point.Height, update.Tip.Head.Height);
                break;
            case RollBack back:
                FollowLog.Rollback(_logger, Chain.Name, back.Target.Height, (_cursor?.Height ?? back.Target.Height) - back.Target.Height);
                _metrics.Reorg(Chain.Name, Math.Max(0, LastHeight(pending) - back.Target.Height));
                pending.RollBack(_cursor, back.Target, back.ReplacementHeight);
                Quorum?.RolledBack(back.Target.Height);
                // Before the first block of the new branch is read, so that it is read for these too.
                await _addresses.TakeUnwatchedAsync(pending, cancellationToken);
                await _unspent.TakeBackAsync(back.Target.Height, cancellationToken);
                break;
            default:
                _status.Idles(update.Tip.Head);
                pending.Close();
                break;
        }

        return true;
    }

    private long LastHeight(PendingBatch pending) =>
        pending.Blocks.Count > 0 ? pending.Blocks[^1].Block.Header.Point.Height : (pending.RollBackTo ?? _cursor)?.Height ?? -1;

    /// <summary>Begins to commit what is pending, and how far the marks have come; where that is nothing, there is no commit under way then.</summary>
    private async Task BeginCommitAsync(PendingBatch pending, CancellationToken cancellationToken)
    {
        Activity? span = pending.IsEmpty || Rehearses ? null : ChainWatchTracing.Batch(Chain, pending.Blocks);
        IDisposable? turn = null;
        try
        {
            turn = await Outputs.EnterAsync();
            if (Outputs.TakeInto(_unspent))
            {
                _unspent.FindAnew(pending.Blocks);
            }

            await Takers.SettleAsync(pending.Blocks, _addresses.Watched, cancellationToken);
            CommitBatch batch = Build(pending, _tip!);
            if (batch.NewCursor is null || (pending.IsEmpty && batch.Marks == _marks))
            {
                return;
            }

            _status.Working();
            long started = _time.GetTimestamp();
            _commit = new CommitUnderWay
            {
                Pending = pending,
                Batch = batch,
                Writing = WriteAsync(batch, cancellationToken).AsTask(),
                Started = started,
                // What a rollback's blocks are matched against changes when it is committed.
                MayOverlap = batch.RollBackTo is null && _addresses.Unwatched.IsEmpty,
                Turn = turn,
                Span = span,
            };
        }
        finally
        {
            if (_commit is null)
            {
                turn?.Dispose();
                span?.Dispose();
            }
        }
    }

    /// <summary>Waits for the commit that is under way, if any, and sees it through. False when blocks must be read again.</summary>
    /// <param name="following">What was taken in meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<bool> EndCommitAsync(PendingBatch? following, CancellationToken cancellationToken)
    {
        if (_commit is not { } commit)
        {
            return true;
        }

        try
        {
            PendingBatch pending = commit.Pending;
            while (true)
            {
                CommitResult result = await commit.Writing;
                switch (result.Outcome)
                {
                    case CommitOutcome.Committed:
                        Committed(commit.Batch, result, commit.Started);
                        if (pending.Blocks is [.., { } last])
                        {
                            Quorum?.Committed(last.Block.Header.Point, last.Block.Endpoint);
                        }

                        pending.Clear();
                        await _addresses.TakeUnwatchedAsync(pending, cancellationToken);
                        return true;
                    case CommitOutcome.WatchlistMoved:
                        PendingBlock[] blocks = [.. pending.Blocks, .. following?.Blocks ?? []];
                        if (!await TakeWatchChangesAsync(pending, blocks, cancellationToken))
                        {
                            return false;
                        }

                        pending.Recount();
                        following?.Recount();
                        _unspent.FindAnew(blocks);
                        await Takers.SettleAsync(pending.Blocks, _addresses.Watched, cancellationToken);
                        if (commit.Span is not null)
                        {
                            Activity.Current = commit.Span;
                        }

                        commit.Started = _time.GetTimestamp();
                        commit.Batch = Build(pending, _tip!);
                        commit.Writing = WriteAsync(commit.Batch, cancellationToken).AsTask();
                        break;
                    case CommitOutcome.Fenced:
                        throw new LeadershipLostException(WatchScope.For(Chain, 0), _term);
                    default:
                        FollowLog.CursorMoved(_logger, Chain.Name, commit.Batch.Cursor?.Height ?? -1);
                        return false;
                }
            }
        }
        finally
        {
            _commit = null;
            commit.End();
        }
    }

    /// <summary>Waits for the commit that is under way, if any, when nothing follows on it any more. How it ended shows in the store, which is asked by whoever goes on.</summary>
    private async Task AbandonCommitAsync()
    {
        if (_commit is { } commit)
        {
            _commit = null;
            try
            {
                await Task.WhenAny(commit.Writing);
                if (commit.Writing.Exception?.InnerException is { } exception)
                {
                    _status.Failed($"{exception.GetType().Name}; the log has the details");
                    FollowLog.CommitFailed(_logger, Chain.Name, commit.Batch.Cursor?.Height ?? -1, exception);
                }
                else if (commit.Writing.IsCompletedSuccessfully && await commit.Writing is { Outcome: CommitOutcome.Committed } result)
                {
                    Committed(commit.Batch, result, commit.Started);
                }
            }
            finally
            {
                commit.End();
            }
        }
    }

    private async ValueTask<CommitResult> WriteAsync(CommitBatch batch, CancellationToken cancellationToken)
    {
        using Activity? span = Rehearses ? null : ChainWatchTracing.Commit(batch);
        CommitResult result = await _store.CommitAsync(batch, cancellationToken);
        ChainWatchTracing.Committed(span, Chain.Format, result);
        return result;
    }

    private CommitBatch Build(PendingBatch pending, ChainTip tip)
    {
        List<BlockHeader> headers = new(pending.Blocks.Count);
        List<PaymentFound> payments = [];
        List<OutputSpent> spends = [];
        foreach (PendingBlock block in pending.Blocks)
        {
            BlockHeader header = block.Block.Header;
            headers.Add(header);
            foreach (Transfer transfer in block.Transfers)
            {
                payments.Add(PaymentsOf.Found(_registration.Confirmation, transfer, header.Point));
            }

            spends.AddRange(block.Spends);
        }

        long head = headers.Count > 0 ? headers[^1].Point.Height : (pending.RollBackTo ?? _cursor)?.Height ?? -1;
        ChainMarks marks = new(head, Math.Min(head, tip.Safe?.Height ?? -1), Math.Min(head, tip.Finalized?.Height ?? -1));
        return new CommitBatch
        {
            Chain = Chain,
            Term = _term,
            Cursor = _cursor,
            WatchSequence = _addresses.Watched.Sequence,
            RollBackTo = pending.RollBackTo,
            Blocks = headers,
            Payments = payments,
            Spends = spends,
            Coverage = pending.CoverageOf(pass: 1),
            Marks = Quorum?.Limit(marks, _marks) ?? marks,
            Finalized = tip.Finalized is { } final && final.Height <= head ? final : _finalized,
            Deliver = _deliver,
            At = _time.GetUtcNow(),
        };
    }

    private void Begin()
    {
        _began = true;
        Began?.Invoke();
    }

    private void Committed(CommitBatch batch, CommitResult result, long started)
    {
        if (!_began)
        {
            Begin();
        }

        Volatile.Write(ref _hasCommitted, true);
        _cursor = batch.NewCursor;
        _marks = batch.Marks;
        _finalized = batch.Finalized;
        _unspent.Committed(batch, result);
        _status.Committed(_cursor, _marks.Finalized, batch.Blocks.Count, result.Events.Count);
        _metrics.Committed(_registration, batch, result, _time.GetElapsedTime(started));
        if (batch.Blocks.Count == 1 && batch.Payments.Count > 0 && _status.Head == _cursor)
        {
            _metrics.Detected(Chain.Name, _status.TimeSinceHead);
        }

        FollowLog.Events(_logger, result.Events, _cursor?.Height ?? -1);
        _progress.Committed(batch.Blocks.Count);
        if (result.Events.Count > 0 && batch.Deliver)
        {
            _signals.Outbox.Pulse();
        }
    }

    private async Task<bool> TakeWatchChangesAsync(PendingBatch? pending, IReadOnlyList<PendingBlock> blocks, CancellationToken cancellationToken)
    {
        bool decided = await _addresses.UpdateAsync(pending, blocks, cancellationToken);
        Takers.Forget();
        return decided;
    }
}
