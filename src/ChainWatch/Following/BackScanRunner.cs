using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Works off back-scans beside the tip, for one term: a source of its own reads the old blocks again for the new addresses alone, and what it finds goes the way of every
/// payment. A piece is committed at a time, so an interruption costs one piece.
/// </summary>
internal sealed class BackScanRunner
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many blocks must follow on one before what was found in it is committed, unless the head is nearer. The store keeps no old blocks for ever, so it cannot tell that an endpoint is stuck on a branch that the chain
    /// abandoned; but such a branch ends, and what comes after it does not follow on it.
    /// </summary>
    private const int Proof = 64;

    private readonly ChainRegistration _registration;
    private readonly FollowerOptions _options;
    private readonly bool _deliver;
    private readonly long _term;
    private readonly IWatchStore _store;
    private readonly ChainWatchMetrics _metrics;
    private readonly EngineSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public BackScanRunner(ChainRegistration registration, FollowerOptions options, bool deliver, long term, IWatchStore store, ChainWatchMetrics metrics, EngineSignals signals, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _options = options;
        _deliver = deliver;
        _term = term;
        _store = store;
        _metrics = metrics;
        _signals = signals;
        _time = time;
        _logger = logger;
        Takers = new TransferTakers(registration.Chain, store);
        Outputs = new OutputHandover(registration.Chain.Format.OrdinalsPerOutput > 0);
    }

    /// <summary>Where the follower learns of outputs that were found here.</summary>
    public OutputHandover Outputs { get; init; }

    /// <summary>Says which of the addresses that share an account takes a transfer.</summary>
    public TransferTakers Takers { get; init; }

    /// <summary>What confirmations wait for besides the chain's marks; <see langword="null"/> for nothing.</summary>
    public Quorum? Quorum { get; init; }

    /// <summary>Whether blocks that were read lately for other addresses may come from memory (<see cref="FinalAnswers"/>): not where what is written is to be compared with what was read before.</summary>
    public bool ReusesAnswers { get; init; }

    private Chain Chain => _registration.Chain;

    /// <summary>Works until cancelled.</summary>
    /// <exception cref="LeadershipLostException">There is a newer term.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using FinalAnswersScope? reuse = ReusesAnswers ? FinalAnswersScope.Begin() : null;
        while (true)
        {
            long version = _signals.BackScanQueued.Version;
            bool wait = true;
            try
            {
                foreach (BackScan scan in await _store.ReadBackScansAsync(Chain, cancellationToken))
                {
                    if (scan.IsEarly)
                    {
                        continue;
                    }

                    FollowLog.BackScanStarted(_logger, scan.Id, Chain.Name, scan.FromHeight, scan.ToHeight, scan.Keys.Count);
                    if (await ScanAsync(scan, cancellationToken))
                    {
                        FollowLog.BackScanDone(_logger, scan.Id, Chain.Name);
                        wait = false;
                    }
                }
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or LeadershipLostException or ChainWatchConfigurationException))
            {
                _registration.Reader?.Forget();
                FollowLog.BackScanFailed(_logger, Chain.Name, RetryWait, exception);
                await Task.Delay(RetryWait, _time, cancellationToken);
                continue;
            }

            // Also after a piece that was refused: until the follower has followed the chain there, it would be refused again, and endpoints asked without end.
            if (wait)
            {
                await _signals.BackScanQueued.WaitAsync(version, LookInterval, _time, cancellationToken);
            }
        }
    }

    /// <summary>Reads one back-scan to its end. False when it has to be looked at anew, because the chain or the back-scan changed meanwhile.</summary>
    private async Task<bool> ScanAsync(BackScan scan, CancellationToken cancellationToken)
    {
        AddressSet watched = AddressSet.Create(Chain.Format.AddressKeyLength, scan.Keys.Count).Add(scan.Keys);
        FollowProgress progress = new("Back-scan", Chain.Name, _time, _logger);
        SourceRequest request = new() { Known = [], StartHeight = scan.FromHeight, EndHeight = scan.ToHeight + Proof, Watched = () => watched, PointBelow = PointBelowAsync };
        UnspentOutputs unspent = new(Chain, _store);
        await unspent.LoadAsync(cancellationToken);
        Queue<PendingBlock> unproven = new();
        using PendingBatch pending = new();
        ChainPoint? last = null;
        await foreach (ChainUpdate update in _registration.CreateSource().ReadAsync(request, cancellationToken))
        {
            if (update is RollBack)
            {
                // What was read is void; of what is committed already, the store lowered the back-scan where it had to.
                return false;
            }

            if (update is RollForward forward)
            {
                PendingBlock block = new(forward.Block);
                last = forward.Block.Header.Point;
                if (last.Value.Height <= scan.ToHeight)
                {
                    if (!block.Match(watched))
                    {
                        throw new ChainWatchException($"Block {last.Value.Height} of chain '{Chain.Name}' could not be matched against the addresses that it was read for.");
                    }

                    unspent.Find(block);
                }

                unproven.Enqueue(block);
                progress.Saw(Math.Min(last.Value.Height, scan.ToHeight), scan.ToHeight);
                // It is matched against nothing else.
                forward.Block.Dispose();
            }
            else if (last is null || last.Value.Height < scan.ToHeight)
            {
                // At the head, and not at the end: the chain got shorter. Once the follower has followed it, the back-scan is shorter too.
                if (await _store.ReadBackScanAsync(Chain, scan.Id, cancellationToken) is not { } now || now.ToHeight != scan.ToHeight)
                {
                    return false;
                }

                continue;
            }

            // At the head nothing more follows that could prove anything: there the store knows the blocks.
            bool over = update is not RollForward;
            if (over && !await AgreesAsync(unproven, cancellationToken))
            {
                FollowLog.BackScanUnproven(_logger, scan.Id, Chain.Name, last!.Value.Height);
                _registration.Reader?.Forget();
                return false;
            }

            while (unproven.Count > (over ? 0 : Proof) || (unproven.Count > 0 && last!.Value.Height >= request.EndHeight))
            {
                PendingBlock block = unproven.Dequeue();
                pending.Add(block);
                bool isLast = block.Block.Header.Point.Height >= scan.ToHeight;
                if (isLast || pending.IsFull(_options))
                {
                    if (!await CommitAsync(scan, pending, cancellationToken))
                    {
                        return false;
                    }

                    progress.Committed(pending.Blocks.Count);
                    pending.Clear();
                }

                if (isLast)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether the newest of these blocks that the store could hold is there: nothing is proven by an endpoint whose head lies below all that is stored.</summary>
    private async Task<bool> AgreesAsync(Queue<PendingBlock> blocks, CancellationToken cancellationToken) =>
        blocks.Count == 0 ||
        (await PointBelowAsync(blocks.Last().Block.Header.Point.Height + 1, cancellationToken) is { } stored &&
            blocks.Any(block => block.Block.Header.Point.Height == stored.Height && block.Block.Header.Point.Hash == stored.Hash));

    private async Task<bool> CommitAsync(BackScan scan, PendingBatch pending, CancellationToken cancellationToken)
    {
        // What is stored of a block that lies deep enough is confirmed at once.
        while (Quorum is { } quorum && quorum.Height < pending.Blocks[^1].Block.Header.Point.Height)
        {
            await Task.Delay(LookInterval, _time, cancellationToken);
        }

        BackScanBatch batch = new()
        {
            Chain = Chain,
            Term = _term,
            BackScanId = scan.Id,
            Blocks = [.. pending.Blocks.Select(static block => block.Block.Header)],
            Payments = await FindPaymentsAsync(pending.Blocks, cancellationToken),
            Spends = [.. pending.Blocks.SelectMany(static block => block.Spends)],
            Coverage = pending.CoverageOf(BlockReading.BackScanPass),
            Deliver = _deliver,
            At = _time.GetUtcNow(),
        };
        CommitResult result;
        using (await Outputs.EnterAsync())
        {
            // Also where it is refused, or fails and may have been written all the same: what is known too much does no harm.
            Outputs.Put(batch.Payments.Select(one => Chain.Format.OutputOf(new PaymentId(one.Transfer.TransactionId, one.Transfer.Ordinal))).OfType<OutputId>());
            result = await _store.CommitBackScanAsync(batch, cancellationToken);
        }

        if (result.Outcome == CommitOutcome.Fenced)
        {
            throw new LeadershipLostException(WatchScope.For(Chain, 0), _term);
        }

        _signals.BackScanMoved.Pulse();
        if (result.Outcome != CommitOutcome.Committed)
        {
            // What was read are not the blocks that are stored: from memory it would be the same again.
            _registration.Reader?.Forget();
            return false;
        }

        _metrics.Events(_registration, result.Events);
        FollowLog.Events(_logger, result.Events, batch.Blocks[^1].Point.Height);
        if (result.Events.Count > 0 && _deliver)
        {
            _signals.Outbox.Pulse();
        }

        return true;
    }

    /// <summary>
    /// What was found, each payment for who takes it. That may be an address that was not asked about: a watched tag of the account. Behind it comes the account once more, so that the payment is nobody's in no case: the store
    /// takes the first that is still watched when it writes.
    /// </summary>
    private async ValueTask<IReadOnlyList<PaymentFound>> FindPaymentsAsync(IReadOnlyList<PendingBlock> blocks, CancellationToken cancellationToken)
    {
        Takers.Forget();
        List<PaymentFound> payments = [];
        foreach (PendingBlock block in blocks)
        {
            ChainPoint point = block.Block.Header.Point;
            foreach (Transfer transfer in block.Transfers)
            {
                AddressKey taker = await Takers.TakerOfAsync(transfer, point.Height, cancellationToken);
                if (taker != transfer.To)
                {
                    payments.Add(PaymentsOf.Found(_registration.Confirmation, transfer.For(taker), point));
                }

                payments.Add(PaymentsOf.Found(_registration.Confirmation, transfer, point));
            }
        }

        return payments;
    }

    private ValueTask<ChainPoint?> PointBelowAsync(long height, CancellationToken cancellationToken) => _store.ReadPointBelowAsync(Chain, partition: 0, height, cancellationToken);
}
