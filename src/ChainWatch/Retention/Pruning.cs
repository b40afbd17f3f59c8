namespace ChainWatch;

/// <summary>Prunes a chain by the options, piece by piece: first what is old enough, then, where the store is larger than it may be, what is left that may go, until it is small enough.</summary>
public sealed class Pruning
{
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(20);

    private readonly ChainRegistration _registration;
    private readonly IWatchStore _store;
    private readonly RetentionOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Creates it.</summary>
    /// <param name="registration">The chain.</param>
    /// <param name="store">The store.</param>
    /// <param name="options">What to keep.</param>
    /// <param name="timeProvider">The clock.</param>
    public Pruning(ChainRegistration registration, IWatchStore store, RetentionOptions options, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(registration);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _registration = registration;
        _store = store;
        _options = options;
        _time = timeProvider;
    }

    /// <summary>Called after each piece, with what went so far.</summary>
    public Action<PruneResult>? Progress { get; init; }

    /// <summary>The height below which blocks may go now; 0 where none may.</summary>
    public async ValueTask<long> FloorAsync(CancellationToken cancellationToken)
    {
        ScopeState state = await _store.LoadAsync(_registration.Chain, partition: 0, cancellationToken);
        long floor = (state.Finalized?.Height ?? 0) - _options.KeepBlocks;
        // What is read a second time is held to the hashes that the first pass stored.
        if (SecondPassRunner.Runs(_registration) && await _store.ReadSecondPassAsync(_registration.Chain, partition: 0, cancellationToken) is { } next)
        {
            floor = Math.Min(floor, next.FromHeight);
        }

        // A back-scan's newest block is held to the one that was committed: all that it reads below hangs on it.
        foreach (BackScan scan in await _store.ReadBackScansAsync(_registration.Chain, cancellationToken))
        {
            floor = Math.Min(floor, scan.ToHeight);
        }

        return Math.Max(0, floor);
    }

    /// <summary>What may go by its age.</summary>
    /// <param name="term">The asker's term; <see langword="null"/> for an operator's tool.</param>
    /// <param name="floor">The height below which blocks may go.</param>
    public PruneRequest ByAge(long? term, long floor)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return new PruneRequest
        {
            Chain = _registration.Chain,
            Term = term,
            BelowHeight = floor,
            BlocksBefore = Before(now, _options.BlocksLive),
            CoverageBefore = Before(now, _options.CoverageLives),
            EventsBefore = Before(now, _options.EventsLive),
            ReconciliationsBefore = Before(now, _options.ReconciliationsLive),
        };
    }

    /// <summary>Prunes once.</summary>
    /// <param name="term">The asker's term; <see langword="null"/> for an operator's tool.</param>
    /// <param name="cancellationToken">Ends it after the piece that is being worked on.</param>
    /// <returns>What went. It is fenced where a newer term came meanwhile; what had gone until then is gone.</returns>
    public async ValueTask<PruneResult> RunAsync(long? term, CancellationToken cancellationToken)
    {
        PruneResult all = new();
        if (_options.Policy == RetentionPolicy.Disabled)
        {
            return all;
        }

        long floor = await FloorAsync(cancellationToken);
        all = await RunAsync(ByAge(term, floor), all, enough: static _ => false, cancellationToken);
        if (!all.IsFenced && _options.Threshold is { } threshold && await _store.ReadSizeAsync(cancellationToken) is { } size && size.Used > threshold)
        {
            DateTimeOffset now = _time.GetUtcNow();
            PruneRequest everything = ByAge(term, floor) with { BlocksBefore = now, CoverageBefore = now, EventsBefore = now, ReconciliationsBefore = now };
            PruneResult before = all;
            // What the store says of its own size lags behind: it is reckoned by the rows that went.
            all = await RunAsync(
                everything, all,
                gone => size.Used - ((gone.Blocks - before.Blocks) * size.BytesPerBlock) - ((gone.Events - before.Events) * size.BytesPerEvent) <= _options.Target,
                cancellationToken);
        }

        return all;
    }

    private async ValueTask<PruneResult> RunAsync(PruneRequest request, PruneResult all, Func<PruneResult, bool> enough, CancellationToken cancellationToken)
    {
        while (true)
        {
            long began = _time.GetTimestamp();
            PruneResult piece = await _store.PruneAsync(request, cancellationToken);
            all = all.Then(piece);
            Progress?.Invoke(all);
            if (piece.IsFenced || !piece.HasMore)
            {
                return all;
            }

            if (enough(all))
            {
                await _store.PruneAsync(request with { Finishes = true }, cancellationToken);
                return all;
            }

            request = request with { AfterEvent = piece.EventsThrough };
            // Never more than half of the time: commits at the tip come first.
            TimeSpan took = _time.GetElapsedTime(began);
            await Task.Delay(took > LeastRest ? took : LeastRest, _time, cancellationToken);
        }
    }

    private static DateTimeOffset? Before(DateTimeOffset now, TimeSpan? age) => age is { } time && now - DateTimeOffset.UnixEpoch > time ? now - time : null;
}
