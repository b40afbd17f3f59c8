using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Runs the reconciliations of a chain for one term: asks for those that the schedule wants, and works off all that are asked for, one after the other.</summary>
internal sealed class ReconciliationRunner
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(30);
    private const int RunsLookedAt = 100;

    private readonly ChainRegistration _registration;
    private readonly ReconciliationStation _station;
    private readonly ReconciliationWork _work;
    private readonly EngineSignals _signals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _started;
    private DateTimeOffset? _due;
    private bool _knowsDue;

    public ReconciliationRunner(ChainRegistration registration, ReconciliationStation station, long term, IWatchStore watchStore, EngineSignals signals, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _station = station;
        _signals = signals;
        _time = time;
        _logger = logger;
        _started = time.GetUtcNow();
        _work = new ReconciliationWork(registration, station, term, watchStore, signals, time, logger);
    }

    private Chain Chain => _registration.Chain;

    /// <summary>Works until cancelled.</summary>
    /// <exception cref="LeadershipLostException">There is a newer term.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using EndpointPriorityScope priority = EndpointPriorityScope.Begin(EndpointPriority.Reconciliation);
        bool knowsLast = false;
        while (true)
        {
            long version = _signals.ReconciliationQueued.Version;
            try
            {
                if (!knowsLast)
                {
                    await _work.ShowLastAsync(cancellationToken);
                    knowsLast = true;
                }

                await AskIfDueAsync(cancellationToken);
                if (await _station.Store.ReadNextAsync(Chain, cancellationToken) is { } run)
                {
                    await _work.RunAsync(run, cancellationToken);
                    continue;
                }
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or LeadershipLostException or ChainWatchConfigurationException))
            {
                ReconciliationLog.Failed(_logger, Chain.Name, RetryWait, exception);
                await Task.Delay(RetryWait, _time, cancellationToken);
                continue;
            }

            await _signals.ReconciliationQueued.WaitAsync(version, LookInterval, _time, cancellationToken);
        }
    }

    private async Task AskIfDueAsync(CancellationToken cancellationToken)
    {
        if (!_knowsDue)
        {
            IReadOnlyList<ReconciliationRun> runs = await _station.Store.ReadRunsAsync(Chain, RunsLookedAt, cancellationToken);
            ReconciliationRun? last = runs.FirstOrDefault(static run => string.Equals(run.Request.RequestedBy, ReconciliationRequest.ScheduledBy, StringComparison.Ordinal));
            _due = _station.Options.NextAfter(last?.RequestedAt, _started);
            _knowsDue = true;
        }

        DateTimeOffset now = _time.GetUtcNow();
        if (_due is not { } due || due > now)
        {
            return;
        }

        ReconciliationRequest request = new() { Repair = _station.Options.Repair, RequestedBy = ReconciliationRequest.ScheduledBy };
        if (_station.Options.Sample is { } sample)
        {
            // Another sample each time; which one it was is stored with the run.
            request = request with { Addresses = await _work.DrawAsync(sample, unchecked((int)now.ToUnixTimeSeconds()), cancellationToken) };
        }

        await _station.Store.RequestAsync(Chain, request, now, cancellationToken);
        _due = _station.Options.NextAfter(now, _started);
    }
}
