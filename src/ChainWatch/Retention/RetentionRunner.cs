using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Prunes a chain now and then, for one term: only who leads a chain prunes it.</summary>
internal sealed class RetentionRunner
{
    private readonly ChainRegistration _registration;
    private readonly RetentionOptions _options;
    private readonly long _term;
    private readonly IWatchStore _store;
    private readonly ChainWatchMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private bool _told;

    public RetentionRunner(ChainRegistration registration, RetentionOptions options, long term, IWatchStore store, ChainWatchMetrics metrics, TimeProvider time, ILogger logger)
    {
        _registration = registration;
        _options = options;
        _term = term;
        _store = store;
        _metrics = metrics;
        _time = time;
        _logger = logger;
    }

    private string Chain => _registration.Chain.Name;

    /// <summary>Works until cancelled.</summary>
    /// <exception cref="LeadershipLostException">There is a newer term.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_options.Policy == RetentionPolicy.Disabled)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }

        while (true)
        {
            // Not right at the beginning: a leader that has just taken over has better things to do.
            await Task.Delay(_options.Interval, _time, cancellationToken);
            try
            {
                await PruneAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or LeadershipLostException or ChainWatchConfigurationException))
            {
                RetentionLog.Failed(_logger, Chain, _options.Interval, exception);
            }
        }
    }

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        PruneResult counted = new();
        Pruning pruning = new(_registration, _store, _options, _time)
        {
            Progress = all =>
            {
                _metrics.Pruned(Chain, all.Blocks - counted.Blocks, all.Events - counted.Events, all.Coverage - counted.Coverage, all.Reconciliations - counted.Reconciliations);
                counted = all;
            },
        };
        PruneResult result = await pruning.RunAsync(_term, cancellationToken);
        if (result.IsFenced)
        {
            throw new LeadershipLostException(WatchScope.For(_registration.Chain, 0), _term);
        }

        long used = (await _store.ReadSizeAsync(cancellationToken)).Used;
        if (result.Total > 0)
        {
            string left = ByteSize.Format(used);
            RetentionLog.Pruned(_logger, Chain, result.Blocks, result.Events, result.Coverage, result.Reconciliations, left);
        }

        bool over = used > _options.Threshold;
        if (over && !_told)
        {
            RetentionLog.OverBudget(_logger, ByteSize.Format(used), ByteSize.Format(_options.Threshold!.Value), Chain);
        }

        _told = over;
    }
}
