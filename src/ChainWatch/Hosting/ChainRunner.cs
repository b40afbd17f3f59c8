using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch;

/// <summary>Runs one chain in this process: waits for leadership, then follows and works off back-scans for as long as it lasts, and so on until the host stops.</summary>
internal sealed class ChainRunner
{
    private static readonly TimeSpan AfterLoss = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(5);

    private readonly ChainRegistration _registration;
    private readonly IWatchStore _store;
    private readonly ILeaderElection _election;
    private readonly FollowerOptions _options;
    private readonly bool _deliver;
    private readonly ChainStatus _status;
    private readonly ChainWatchMetrics _metrics;
    private readonly EngineSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="registration">The chain.</param>
    /// <param name="options">How much is committed at once.</param>
    /// <param name="deliver">Whether events go into the outbox: false where no handler is registered, since nobody would ever take them.</param>
    /// <param name="store">The store, initialized.</param>
    /// <param name="election">Who decides on leadership.</param>
    /// <param name="status">Where the chain's condition is recorded.</param>
    /// <param name="metrics">The instruments.</param>
    /// <param name="signals">What the stations tell each other.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public ChainRunner(ChainRegistration registration, FollowerOptions options, bool deliver, IWatchStore store, ILeaderElection election, ChainStatus status, ChainWatchMetrics metrics, EngineSignals signals, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _options = options;
        _deliver = deliver;
        _store = store;
        _election = election;
        _status = status;
        _metrics = metrics;
        _signals = signals;
        _time = time;
        _logger = logger;
    }

    /// <summary>What tells of payments that no block holds yet; <see langword="null"/> where nobody wants to know.</summary>
    public PendingPayments? Pending { get; init; }

    /// <summary>What to keep of what following no longer needs.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>What reconciling needs; <see langword="null"/> where the store keeps no reconciliations.</summary>
    public ReconciliationStation? Reconciliation { get; init; }

    /// <summary>Runs until cancelled; then it returns.</summary>
    /// <exception cref="FinalityViolationException">The chain replaced final blocks; nothing may be written until a person has looked.</exception>
    /// <exception cref="ChainWatchConfigurationException">Something that only shows when it is used is configured wrongly, and waiting does not mend it.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        int failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            long started = _time.GetTimestamp();
            try
            {
                bool again = await LeadAsync(cancellationToken);
                failures = 0;
                if (!again)
                {
                    // Without a real election between them, two processes would take the term from each other as fast as they can.
                    await Task.Delay(AfterLoss, _time, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (FinalityViolationException exception)
            {
                _status.Failed(exception.Message);
                _metrics.FinalityViolated(_registration.Chain.Name);
                FollowLog.FinalityViolated(_logger, _registration.Chain.Name, exception);
                throw;
            }
            catch (ChainWatchConfigurationException exception)
            {
                _status.Failed(exception.Message);
                throw;
            }
            catch (Exception exception)
            {
                if (_time.GetElapsedTime(started) > MaxWait)
                {
                    failures = 0;
                }

                TimeSpan wait = TimeSpan.FromSeconds(Math.Min(MaxWait.TotalSeconds, Math.Pow(2, Math.Min(failures++, 8)) * 0.25));
                _status.Failed($"{exception.GetType().Name}; the log has the details");
                FollowLog.FollowingFailed(_logger, _registration.Chain.Name, wait, exception);
                try
                {
                    await Task.Delay(wait, _time, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Stands for the chain, leads it, and returns when that is over.</summary>
    /// <returns>False when another instance took the term although this one had not given it back; true otherwise: then it stands again at once.</returns>
    private async Task<bool> LeadAsync(CancellationToken cancellationToken)
    {
        LeadershipCandidate candidate = new(WatchScope.For(_registration.Chain, 0));
        long granted = _time.GetTimestamp();
        candidate.OnGranted(() => granted = _time.GetTimestamp());
        _status.Stands(candidate);
        using CancellationTokenSource waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Standby standby = new(CreateRehearsing, _status, _time, _logger);
        Task rehearsing = standby.RunAsync(candidate, waiting.Token);
        try
        {
            await using Leadership leadership = await _election.AcquireAsync(candidate, cancellationToken);
            // Whatever it is in the middle of, it is not waited for.
            waiting.CancelNow();
            return await FollowAsync(leadership, standby.Watched, granted, cancellationToken);
        }
        finally
        {
            waiting.CancelNow();
            await rehearsing;
        }
    }

    private async Task<bool> FollowAsync(Leadership leadership, AddressSet? watched, long granted, CancellationToken cancellationToken)
    {
        _status.Led(leading: true, leadership.Term);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leadership.Lost);
        // Told at once: a write on a connection that is cut off may take long to give up.
        await using CancellationTokenRegistration lost = leadership.Lost.Register(() => _status.Led(leading: false, leadership.Term));
        try
        {
            Quorum? quorum = Quorum.Create(_registration, _metrics, _time, _logger);
            Signal began = new();
            Follower follower = CreateFollower(
                leadership.Term, watched, leadership.StoreTerm,
                () =>
                {
                    began.Pulse();
                    TakenOver(leadership, granted);
                },
                quorum, leadership.HandOver);
            BackScanRunner backScans = new(_registration, _options, _deliver, leadership.Term, _store, _metrics, _signals, _time, _logger) { Outputs = follower.Outputs, Quorum = quorum, ReusesAnswers = true };
            SecondPassRunner secondPass = new(_registration, follower, _deliver, leadership.Term, _store, _metrics, _signals, _time, _logger);
            RetentionRunner retention = new(_registration, Retention, leadership.Term, _store, _metrics, _time, _logger);
            List<Task> works = [follower.RunAsync(stop.Token)];
            works.AddRange(AfterAsync(began, TellAndScanAsync, stop.Token), AfterAsync(began, secondPass.RunAsync, stop.Token), AfterAsync(began, retention.RunAsync, stop.Token));
            if (quorum is not null)
            {
                works.Add(quorum.RunAsync(stop.Token));
            }

            if (Reconciliation is { } station)
            {
                ReconciliationRunner reconciliation = new(_registration, station, leadership.Term, _store, _signals, _time, _logger);
                works.Add(AfterAsync(began, reconciliation.RunAsync, stop.Token));
            }

            if (_registration.ReadTokens is not null)
            {
                TokenCheck tokens = new(_registration, _time, _logger);
                works.Add(AfterAsync(began, tokens.RunAsync, stop.Token));
            }

            Task pending = Pending is { } payments ? AfterAsync(began, cancel => payments.RunAsync(_registration, () => follower.Watched!, cancel), stop.Token) : Task.CompletedTask;
            // Not by Task.WhenAny, which may tell on the thread pool.
            TaskCompletionSource<Task> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task[] endings = [.. works.Select(work => EndAsync(work, ended))];
            Task first = await ended.Task;
            stop.CancelNow();
            // All must have let go of the scope before leadership is given back.
            foreach (Task ending in endings)
            {
                await ending;
            }

            await EndAsync(pending, ended);

            await first;
            LeadershipLog.HandedOver(_logger, leadership.Scope, leadership.Term);
            return true;

            Task TellAndScanAsync(CancellationToken cancel)
            {
                // The first line that an instance logs as a leader compiles what logs it.
                LeadershipLog.Acquired(_logger, leadership.Scope, leadership.Term);
                return backScans.RunAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LeadershipLog.Lost(_logger, leadership.Scope, leadership.Term);
            return true;
        }
        catch (LeadershipLostException)
        {
            LeadershipLog.Lost(_logger, leadership.Scope, leadership.Term);
            return false;
        }
        finally
        {
            _status.Led(leading: false, leadership.Term);
        }
    }

    /// <summary>
    /// Begins a work when the follower has begun: a chain that nobody follows is waited for by customers, and all else would compile itself, and ask the database and the endpoints, just then. Where
    /// there is nothing to begin with for long, it is not waited for.
    /// </summary>
    private async Task AfterAsync(Signal began, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await began.WaitAsync(seenVersion: 0, HeadStart, _time, cancellationToken);
        await work(cancellationToken);
    }

    /// <summary>Waits for the end of a work, whatever it is, and tells of it. Why it ended is for whoever awaits the first that did.</summary>
    private static async Task EndAsync(Task work, TaskCompletionSource<Task> ended)
    {
        try
        {
            await work;
        }
        catch (Exception) when (work.IsCompleted)
        {
            // The first one is awaited once more; those after it were told to end.
        }

        ended.TrySetResult(work);
    }

    private Follower CreateFollower(long term, AddressSet? watched, long storeTerm, Action began, Quorum? quorum, CancellationToken handOver) =>
        new(_registration, _options, _deliver, term, _store, _status, _metrics, _signals, _time, _logger)
        {
            Watched = watched,
            StoreTerm = storeTerm,
            Began = began,
            HandOver = handOver,
            Quorum = quorum,
        };

    /// <summary>A follower without a term, of which nobody hears: neither the chain's condition nor the log is about what it only tries.</summary>
    private Follower CreateRehearsing() =>
        new(_registration, _options, _deliver, Follower.NoTerm, _store, new ChainStatus(_registration.Chain, _time), _metrics, _signals, _time, NullLogger.Instance);

    private void TakenOver(Leadership leadership, long granted)
    {
        TimeSpan duration = _time.GetElapsedTime(granted);
        _metrics.TakenOver(_registration.Chain.Name, duration);
        LeadershipLog.TakenOver(_logger, leadership.Scope, leadership.Term, duration);
    }
}
