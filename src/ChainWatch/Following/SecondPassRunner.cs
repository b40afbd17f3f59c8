using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Reads every final block once more, some time later and through another endpoint than the first time, for one term. An endpoint that leaves out a payment looks, to whoever reads it once, like
/// a block without one; only somebody else can tell. What is found now goes the way of every payment, and is told loudly. Where it stands is the store's coverage of pass 2, so it goes on there
/// after whatever interruption.
/// </summary>
internal sealed class SecondPassRunner
{
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(50);

    private readonly ChainRegistration _registration;
    private readonly Follower _follower;
    private readonly bool _deliver;
    private readonly long _term;
    private readonly IWatchStore _store;
    private readonly ChainWatchMetrics _metrics;
    private readonly EngineSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TransferTakers _takers;
    private long _refusedAt = -1;

    // What stands in the way of reading old blocks may do so for days, and each try costs requests and a line of log.
    private readonly RetryBackoff _backoff;

    public SecondPassRunner(ChainRegistration registration, Follower follower, bool deliver, long term, IWatchStore store, ChainWatchMetrics metrics, EngineSignals signals, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _follower = follower;
        _deliver = deliver;
        _term = term;
        _store = store;
        _metrics = metrics;
        _signals = signals;
        _time = time;
        _logger = logger;
        _takers = new TransferTakers(registration.Chain, store);
        _backoff = new RetryBackoff(RetryWait, LongestWait, unchecked((int)term), least: 0.5);
    }

    private Chain Chain => _registration.Chain;

    private ChainOptions Options => _registration.Options;

    /// <summary>Whether a chain is read twice.</summary>
    public static bool Runs(ChainRegistration registration) => registration.Options.SecondPass && registration.Reader is not null && registration.Options.Endpoints.Count >= 2;

    /// <summary>Works until cancelled.</summary>
    /// <exception cref="LeadershipLostException">There is a newer term.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!Runs(_registration))
        {
            if (Options.SecondPass)
            {
                FollowLog.SecondPassImpossible(_logger, Chain.Name, _registration.Reader is null ? "its source cannot be asked for single blocks" : "it has one endpoint only");
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }
        else
        {
            await RunAsync(_registration.Reader!, cancellationToken);
        }
    }

    private async Task RunAsync(IBlockReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            // What is final now is read when the delay is over: each block at least that much after it became final.
            long target = _registration.Status.FinalizedHeight;
            await Task.Delay(Options.SecondPassDelay, _time, cancellationToken);
            try
            {
                while (await _store.ReadSecondPassAsync(Chain, partition: 0, cancellationToken) is { } next && next.FromHeight <= target)
                {
                    long began = _time.GetTimestamp();
                    // Not at all while the first pass is catching up: the tip comes first.
                    TimeSpan wait = RetryWait;
                    if (!IsBehind)
                    {
                        string? trouble = await ReadAsync(reader, next with { ToHeight = Math.Min(next.ToHeight, target) }, cancellationToken);
                        wait = trouble is null ? Rest(_time.GetElapsedTime(began)) : Failed(trouble);
                    }

                    await Task.Delay(wait, _time, cancellationToken);
                }
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or LeadershipLostException or ChainWatchConfigurationException))
            {
                await Task.Delay(Failed("it failed", exception), _time, cancellationToken);
            }
        }
    }

    /// <summary>How long to rest after a success: the second pass takes never more than half of the time.</summary>
    private TimeSpan Rest(TimeSpan took)
    {
        _backoff.Succeeded();
        return took > LeastRest ? took : LeastRest;
    }

    /// <summary>Tells a failure, and how long to wait after it.</summary>
    private TimeSpan Failed(string trouble, Exception? exception = null)
    {
        TimeSpan wait = _backoff.Failed();
        FollowLog.SecondPassFailed(_logger, Chain.Name, trouble, wait, exception);
        return wait;
    }

    /// <summary>True while the first pass has more to read than is asked for at once, or has not committed in this term: only then is what it knows to be watched complete.</summary>
    private bool IsBehind => !_follower.HasCommitted || _registration.Status.Lag > Options.BatchSize;

    /// <summary>Reads a piece of a range, and writes it. What went wrong; <see langword="null"/> for nothing.</summary>
    private async Task<string?> ReadAsync(IBlockReader reader, CoverageRange range, CancellationToken cancellationToken)
    {
        // Of what was registered after the follower's last commit nothing is to be looked for in blocks before it, but by a back-scan, which then reads them.
        AddressSet watched = _follower.Watched!;
        int count = (int)Math.Min(Options.BatchSize, range.ToHeight - range.FromHeight + 1);
        Answer<IReadOnlyList<Block>> answer = await EndpointChoice.AskAsync(
            name => !string.Equals(name, range.Endpoint, StringComparison.Ordinal),
            () => reader.ReadBlocksAsync(range.FromHeight, count, watched, cancellationToken),
            cancellationToken);
        if (!answer.IsFound)
        {
            return answer.Reason ?? "no other endpoint knows the blocks";
        }

        try
        {
            return await WriteAsync(range, answer.Value, watched, cancellationToken);
        }
        finally
        {
            foreach (Block block in answer.Value)
            {
                block.Dispose();
            }
        }
    }

    private async Task<string?> WriteAsync(CoverageRange range, IReadOnlyList<Block> blocks, AddressSet watched, CancellationToken cancellationToken)
    {
        List<BlockHeader> headers = [];
        List<PendingBlock> read = [];
        string? endpoint = null;
        foreach (Block block in blocks)
        {
            BlockHeader header = block.Header;
            endpoint ??= block.Endpoint;
            if (header.Point.Height != range.FromHeight + headers.Count || header.Point.Height > range.ToHeight ||
                (headers.Count > 0 && header.ParentHash != headers[^1].Point.Hash) || !string.Equals(block.Endpoint, endpoint, StringComparison.Ordinal))
            {
                break;
            }

            PendingBlock pending = new(block);
            if (!pending.Match(watched))
            {
                break;
            }

            headers.Add(header);
            read.Add(pending);
        }

        if (headers.Count == 0 || string.Equals(endpoint, range.Endpoint, StringComparison.Ordinal))
        {
            return headers.Count == 0 ? "what came were not the blocks that were asked for" : $"endpoint '{endpoint}' answered again";
        }

        _takers.Forget();
        await _takers.SettleAsync(read, watched, cancellationToken);
        PaymentFound[] payments = [.. read.SelectMany(block => block.Transfers.Select(transfer => PaymentsOf.Found(_registration.Confirmation, transfer, block.Block.Header.Point)))];
        SecondPassBatch batch = new() { Chain = Chain, Term = _term, Endpoint = endpoint!, Blocks = headers, Payments = payments, Deliver = _deliver, At = _time.GetUtcNow() };
        CommitResult result;
        using (await _follower.Outputs.EnterAsync())
        {
            _follower.Outputs.Put(payments.Select(one => Chain.Format.OutputOf(new PaymentId(one.Transfer.TransactionId, one.Transfer.Ordinal))).OfType<OutputId>());
            result = await _store.CommitSecondPassAsync(batch, cancellationToken);
        }

        switch (result.Outcome)
        {
            case CommitOutcome.Fenced:
                throw new LeadershipLostException(WatchScope.For(Chain, 0), _term);
            case CommitOutcome.Committed:
                Committed(range, batch, result);
                return null;
            default:
                // Once may be a moment's change of what is stored; of final blocks, twice is a contradiction.
                if (_refusedAt == range.FromHeight)
                {
                    FollowLog.SecondPassDisagrees(_logger, Chain.Name, endpoint!, range.Endpoint, range.FromHeight, headers[^1].Point.Height);
                }

                _refusedAt = range.FromHeight;
                return $"the blocks from {range.FromHeight} on that endpoint '{endpoint}' gave are not those that are stored";
        }
    }

    private void Committed(CoverageRange range, SecondPassBatch batch, CommitResult result)
    {
        _metrics.SecondPass(_registration, batch.Blocks.Count, result.Events);
        foreach (PaymentEvent one in result.Events.Where(static one => one.Kind == PaymentEventKind.Detected))
        {
            Payment payment = one.Payment;
            FollowLog.SecondPassFound(_logger, Chain.Name, payment.TransactionId, payment.Id.Ordinal, payment.Block.Height, batch.Endpoint, range.Endpoint);
        }

        FollowLog.Events(_logger, result.Events, _registration.Status.Cursor?.Height ?? batch.Blocks[^1].Point.Height);
        if (result.Events.Count > 0)
        {
            // Whoever left something out may have left out more of it.
            _registration.Reader?.Forget();

            // Of outputs, the store has queued the search for what spent them since.
            _signals.BackScanQueued.Pulse();
            if (_deliver)
            {
                _signals.Outbox.Pulse();
            }
        }
    }
}
