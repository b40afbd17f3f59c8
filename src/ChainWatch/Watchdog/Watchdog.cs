using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Notices silence and fails fast. It has a thread of its own, asks nothing of the thread pool and waits for nobody, so that a process in which everything else hangs still
/// ends itself; and it counts its own looks, so that a watchdog that died is noticed too. Its looks never count as life of a feed.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    private readonly ChainWatchHealth _health;
    private readonly FailFastOptions _options;
    private readonly ChainWatchMetrics _metrics;
    private readonly Action<int, string> _requestExit;
    private readonly Action<int> _exit;
    private readonly TextWriter _error;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Dictionary<string, Trouble> _troubles = new(StringComparer.Ordinal);
    private readonly ManualResetEventSlim _stopped = new();
    private readonly Thread _thread;
    private long _toldAt;
    private long? _exitRequestedAt;

    /// <param name="health">What is looked at.</param>
    /// <param name="options">When to fail.</param>
    /// <param name="metrics">Where the looks are counted.</param>
    /// <param name="requestExit">Asks the host to stop, with an exit code and the reason.</param>
    /// <param name="exit">Ends the process here and now: for a host that does not stop when asked.</param>
    /// <param name="error">Where the diagnostic block goes: standard error.</param>
    /// <param name="time">The clock; silence is measured by its monotonic side.</param>
    /// <param name="logger">The log.</param>
    public Watchdog(ChainWatchHealth health, FailFastOptions options, ChainWatchMetrics metrics, Action<int, string> requestExit, Action<int> exit, TextWriter error, TimeProvider time, ILogger logger)
    {
        _health = health;
        _options = options;
        _metrics = metrics;
        _requestExit = requestExit;
        _exit = exit;
        _error = error;
        _time = time;
        _logger = logger;
        _toldAt = time.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "ChainWatch watchdog", Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>Begins to look, twice a second.</summary>
    public void Start() => _thread.Start();

    public void Dispose()
    {
        _stopped.Set();
        if (_thread.IsAlive && _thread != Thread.CurrentThread)
        {
            _thread.Join();
        }

        _stopped.Dispose();
    }

    /// <summary>Looks once, and does what follows from it.</summary>
    public WatchdogCheck Look()
    {
        _metrics.WatchdogTicked();
        List<ChainHealth> chains = [];
        List<ChainHealth> failing = [];
        ChainHealth? critical = null;
        TimeSpan longest = TimeSpan.Zero;
        foreach (ChainRegistration chain in _health.Chains.Chains)
        {
            ChainHealth health = _health.Read(chain);
            chains.Add(health);
            TimeSpan trouble = Follow(health);
            if (health.State == HealthState.Failing)
            {
                failing.Add(health);
                if (trouble >= _options.CriticalTimeout && trouble > longest)
                {
                    critical = health;
                    longest = trouble;
                }
            }
        }

        WatchdogCheck check = new() { At = _time.GetUtcNow(), Chains = chains, Failing = failing, Critical = critical, CriticalFor = longest };
        if (_time.GetElapsedTime(_toldAt) >= _options.CheckInterval)
        {
            _toldAt = _time.GetTimestamp();
            _options.HealthChecked?.Invoke(check);
            if (failing.Count > 0)
            {
                _options.HealthFailed?.Invoke(check);
            }
        }

        if (critical is not null)
        {
            Fail(check);
        }

        return check;
    }

    private void Run()
    {
        while (!_stopped.Wait(Tick))
        {
            try
            {
                Look();
            }
            catch (Exception exception)
            {
                // Whatever an observer throws, the watchdog goes on.
                WatchdogLog.LookFailed(_logger, exception);
            }
        }
    }

    /// <summary>Follows a chain's trouble: tells when it begins and ends, tries to mend it. How long it has lasted.</summary>
    private TimeSpan Follow(ChainHealth health)
    {
        ChainStatus status = health.Status;
        if (health.State != HealthState.Failing)
        {
            if (_troubles.Remove(health.Name, out Trouble? over))
            {
                TimeSpan after = _time.GetElapsedTime(over.Since);
                WatchdogLog.FeedAlive(_logger, health.Name, after);
            }

            return TimeSpan.Zero;
        }

        if (!_troubles.TryGetValue(health.Name, out Trouble? trouble))
        {
            trouble = new Trouble(_time.GetTimestamp());
            _troubles.Add(health.Name, trouble);
            WatchdogLog.FeedSilent(_logger, health.Name, health.Reason);
        }

        TimeSpan lasted = health.NotReady switch
        {
            "feed_silent" => status.TimeSinceLastEvent,
            "not_committing" => status.TimeSinceLastCommit,
            _ => _time.GetElapsedTime(trouble.Since),
        };

        // Each limit's worth of silence is one more try: what hangs in a source goes with it, and the next one asks anew.
        if (health.Leading && lasted > (trouble.Restarts + 1) * health.Registration.EventTimeout)
        {
            trouble.Restarts++;
            WatchdogLog.SourceRestarted(_logger, health.Name, trouble.Restarts);
            status.RestartSource();
        }

        return lasted;
    }

    private void Fail(WatchdogCheck check)
    {
        if (!_options.Enabled)
        {
            return;
        }

        if (_exitRequestedAt is { } since)
        {
            if (_time.GetElapsedTime(since) > _options.ExitTimeout)
            {
                // The host was asked and did not stop: with the thread pool starved, it cannot.
                _exit(ChainWatchExitCode.RestartNeeded);
            }

            return;
        }

        if (_options.Exiting?.Invoke(check) == false)
        {
            return;
        }

        _exitRequestedAt = _time.GetTimestamp();
        string reason = $"Chain '{check.Critical!.Name}' has failed for {Math.Floor(check.CriticalFor.TotalSeconds)} s, which is beyond FailFast:CriticalTimeout. {check.Critical.Reason}";
        _error.WriteLine(WatchdogDiagnostics.Write(check, reason, name => _troubles.GetValueOrDefault(name)?.Restarts ?? 0));
        _error.Flush();
        WatchdogLog.FailingFast(_logger, reason);
        _requestExit(ChainWatchExitCode.RestartNeeded, reason);
    }

    private sealed class Trouble(long since)
    {
        public long Since => since;

        public int Restarts { get; set; }
    }
}
