using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Reads a chain anew into another store, from a height up to where the live system stands, by the same source, follower, match and commit, and less urgently than whoever follows the head. The live
/// store is only read. It is for a process that does not follow the chain itself: the condition of the chain in this process (<see cref="ChainRegistration.Status"/>) tells of the rebuild.
/// </summary>
public sealed class ChainRebuild
{
    private const int Page = 5_000;
    private const int MaxFailures = 5;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly ChainRegistration _registration;
    private readonly IWatchStore _live;
    private readonly IWatchStore _rebuilt;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HashSet<AddressKey> _copied = [];
    private long _began;
    private long _beganAt;

    /// <summary>Creates it.</summary>
    /// <param name="registration">The chain.</param>
    /// <param name="live">The store whose watched addresses count.</param>
    /// <param name="rebuilt">The store to write to, ready and without anything of this chain, or left behind by an interrupted rebuild from the same height, which is then gone on with.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">The log.</param>
    public ChainRebuild(ChainRegistration registration, IWatchStore live, IWatchStore rebuilt, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(registration);
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(rebuilt);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(logger);
        _registration = registration;
        _live = live;
        _rebuilt = rebuilt;
        _time = timeProvider;
        _logger = logger;
    }

    /// <summary>Called now and then while it runs.</summary>
    public Action<RebuildProgress>? Progress { get; init; }

    private Chain Chain => _registration.Chain;

    /// <summary>Reads up to where the live system stands. Addresses that are registered meanwhile are taken over too.</summary>
    /// <param name="fromHeight">The first block.</param>
    /// <param name="cancellationToken">Ends it; what is written is whole, and can be gone on with.</param>
    /// <exception cref="LeadershipLostException">Another rebuild writes to the same store.</exception>
    public async Task RunAsync(long fromHeight, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fromHeight);
        long height = -1;
        for (int failures = 1; ; failures++)
        {
            try
            {
                await RunOnceAsync(fromHeight, cancellationToken);
                return;
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or LeadershipLostException or FinalityViolationException or ChainWatchConfigurationException))
            {
                long reached = _registration.Status.Cursor?.Height ?? -1;
                failures = reached > height ? 1 : failures;
                height = reached;
                if (failures >= MaxFailures)
                {
                    throw;
                }

                _registration.Status.Failed($"{exception.GetType().Name}; it is tried again");
                await Task.Delay(TimeSpan.FromSeconds(1 << failures), _time, cancellationToken);
            }
        }
    }

    private async Task RunOnceAsync(long fromHeight, CancellationToken cancellationToken)
    {
        // It only checks: whoever is at the head goes first.
        using EndpointPriorityScope _ = EndpointPriorityScope.Begin(EndpointPriority.Reconciliation);
        using ChainWatchMetrics metrics = new(this);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        EngineSignals signals = new();
        ScopeState state = await _rebuilt.LoadAsync(Chain, partition: 0, cancellationToken);
        await CopyAddressesAsync(fromHeight, begins: state.Cursor is null, cancellationToken);
        // The rebuilt store's addresses count from its first block on, removed ones too: who took what is for the live one to say.
        TransferTakers takers = new(Chain, _live) { Recorded = await ReadTakersAsync(fromHeight, cancellationToken) };
        long term = await _rebuilt.RaiseTermAsync(WatchScope.For(Chain, 0), "rebuild", cancellationToken);
        Follower follower = new(_registration, new FollowerOptions(), deliver: false, term, _rebuilt, _registration.Status, metrics, signals, _time, _logger) { StartHeight = fromHeight, Takers = takers };
        BackScanRunner backScans = new(_registration, new FollowerOptions(), deliver: false, term, _rebuilt, metrics, signals, _time, _logger) { Outputs = follower.Outputs, Takers = new TransferTakers(Chain, _live) { Recorded = takers.Recorded } };
        Task[] works = [follower.RunAsync(stop.Token), backScans.RunAsync(stop.Token)];
        try
        {
            while (!await HasArrivedAsync(fromHeight, cancellationToken))
            {
                Task ended = await Task.WhenAny([.. works, Task.Delay(LookInterval, _time, cancellationToken)]);
                await ended;
            }
        }
        finally
        {
            stop.CancelNow();
            await Task.WhenAny(Task.WhenAll(works));
        }
    }

    /// <summary>
    /// Whether the rebuilt store stands where the live one does, knows its addresses, has read for all of them, and knows what is final where the live one does: what is compared later ends there.
    /// </summary>
    private async Task<bool> HasArrivedAsync(long fromHeight, CancellationToken cancellationToken)
    {
        ScopeState live = await _live.LoadAsync(Chain, partition: 0, cancellationToken);
        long? target = live.Cursor?.Height ?? _registration.Status.Head?.Height;
        long height = _registration.Status.Cursor?.Height ?? fromHeight - 1;
        Tell(fromHeight, height, Math.Max(target ?? height, height));
        return height >= fromHeight && height >= target &&
            await CopyAddressesAsync(fromHeight, begins: false, cancellationToken) == 0 &&
            (await _rebuilt.ReadBackScansAsync(Chain, cancellationToken)).Count == 0 &&
            (live.Marks.Finalized < fromHeight || (await _rebuilt.LoadAsync(Chain, partition: 0, cancellationToken)).Marks.Finalized >= fromHeight);
    }

    private void Tell(long fromHeight, long height, long target)
    {
        if (_began == 0)
        {
            _began = _time.GetTimestamp();
            _beganAt = height;
        }

        double seconds = _time.GetElapsedTime(_began).TotalSeconds;
        double rate = seconds > 0 ? (height - _beganAt) / seconds : 0;
        Progress?.Invoke(new RebuildProgress(fromHeight, height, target, rate, rate > 0 ? TimeSpan.FromSeconds((target - height) / rate) : null, _registration.Status.LastError));
    }

    /// <summary>Takes over what is watched and was not taken over yet, and what was watched and has payments.</summary>
    private async Task<int> CopyAddressesAsync(long fromHeight, bool begins, CancellationToken cancellationToken)
    {
        if (!begins && _copied.Count == 0)
        {
            // Going on with an interrupted rebuild.
            await foreach (WatchedAddress watched in _rebuilt.ListAddressesAsync(Chain, cancellationToken))
            {
                _copied.Add(watched.Key);
            }
        }

        int before = _copied.Count;
        List<WatchRegistration> page = new(Page);
        await foreach (WatchedAddress watched in _live.ListAddressesAsync(Chain, cancellationToken))
        {
            if (_copied.Add(watched.Key))
            {
                // Before the first block nothing has to be read again; later, blocks from the address's own first one on may have been read without it.
                page.Add(new WatchRegistration { Key = watched.Key, Address = watched.Address, Reference = watched.Reference, Since = begins ? null : Math.Max(watched.FromHeight, fromHeight) });
            }

            await WriteAsync(page, Page, cancellationToken);
        }

        if (begins)
        {
            // A payment outlives the removal of its address.
            foreach (Payment payment in await _live.ReadUnwatchedPaymentsAsync(Chain, fromHeight - 1, cancellationToken))
            {
                if (_copied.Add(payment.To))
                {
                    page.Add(new WatchRegistration { Key = payment.To, Address = payment.Address, Reference = payment.Reference });
                }

                await WriteAsync(page, Page, cancellationToken);
            }
        }

        await WriteAsync(page, 1, cancellationToken);
        return _copied.Count - before;
    }

    /// <summary>Who took the payments that are recorded for addresses which are not watched any more: from when to when those were, nobody knows.</summary>
    private async Task<Dictionary<PaymentId, AddressKey>> ReadTakersAsync(long fromHeight, CancellationToken cancellationToken) =>
        Chain.Format.SharesBalances
            ? (await _live.ReadUnwatchedPaymentsAsync(Chain, fromHeight - 1, cancellationToken)).ToDictionary(static payment => payment.Id, static payment => payment.To)
            : [];

    private async Task WriteAsync(List<WatchRegistration> page, int least, CancellationToken cancellationToken)
    {
        if (page.Count >= least)
        {
            await _rebuilt.AddAddressesAsync(Chain, page, _time.GetUtcNow(), cancellationToken);
            page.Clear();
        }
    }
}
