using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// Notices silence, tries to mend it, and fails fast. It has a thread of its own, asks nothing of the thread pool and waits for nobody, so that a process in which everything
/// else hangs still ends itself; and it counts its own looks, so that a watchdog that died is noticed too. Its looks never count as life of a feed.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private const int MostTried = 64;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    // All that is short of a new source has had its turn when the chain is called failing: half a timeout of silence is worth the first try.
    private static readonly (double At, RecoveryStep Step)[] Steps =
    [
        (1 / 2d, RecoveryStep.Resubscribe),
        (2 / 3d, RecoveryStep.Reconnect),
        (3 / 4d, RecoveryStep.PreferAnother),
        (1, RecoveryStep.RestartSource),
    ];

    private readonly ChainWatchHealth _health;
    private readonly FailFastOptions _options;
    private readonly ChainWatchMetrics _metrics;
    private readonly Action<int, string> _requestExit;
    private readonly Action<int> _exit;
    private readonly TextWriter _error;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<Action> _aside;
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
    /// <param name="aside">Does what may block (a log that nobody reads, a host that stops) where it does not hold up the looks; <see langword="null"/> does it at once.</param>
    public Watchdog(
        ChainWatchHealth health,
        FailFastOptions options,
        ChainWatchMetrics metrics,
        Action<int, string> requestExit,
        Action<int> exit,
        TextWriter error,
        TimeProvider time,
        ILogger logger,
        Action<Action>? aside = null)
    {
        _health = health;
        _options = options;
        _metrics = metrics;
        _requestExit = requestExit;
        _exit = exit;
        _error = error;
        _time = time;
        _logger = logger;
        _aside = aside ?? (static action => action());
        _toldAt = time.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "ChainWatch watchdog", Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>Begins to look, four times a second.</summary>
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
        _health.Pulse?.Look();
        List<ChainHealth> chains = [];
        List<ChainHealth> failing = [];
        ChainHealth? critical = null;
        TimeSpan longest = TimeSpan.Zero;
        bool fails = false;
        foreach (ChainRegistration chain in _health.Chains.Chains)
        {
            ChainHealth health = _health.Read(chain);
            chains.Add(health);
            fails |= Follow(health, out TimeSpan lasted);
            if (health.State == HealthState.Failing)
            {
                failing.Add(health);
                if (lasted >= _options.CriticalTimeout && lasted > longest)
                {
                    critical = health;
                    longest = lasted;
                }
            }
        }

        WatchdogCheck check = new() { At = _time.GetUtcNow(), Chains = chains, Failing = failing, Critical = critical, CriticalFor = longest };
        _health.WatchdogSays(critical?.Reason);
        Tell(check, fails);
        if (Misconfigured(chains) is { } wrong)
        {
            Misconfigure(wrong);
        }
        else if (critical is not null)
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
                _aside(() => WatchdogLog.LookFailed(_logger, exception));
            }
        }
    }

    /// <summary>Tells the host's observers: what was seen at every interval, and what fails also as soon as it does.</summary>
    private void Tell(WatchdogCheck check, bool fails)
    {
        bool due = _time.GetElapsedTime(_toldAt) >= _options.CheckInterval;
        if (due)
        {
            _toldAt = _time.GetTimestamp();
            _options.HealthChecked?.Invoke(check);
        }

        if (fails || (due && check.Failing.Count > 0))
        {
            _options.HealthFailed?.Invoke(check);
        }
    }

    /// <summary>Follows a chain's trouble: tells when it begins and ends, tries to mend it.</summary>
    /// <param name="health">The chain.</param>
    /// <param name="lasted">How long it has been failing, by what it fails of.</param>
    /// <returns>True when it fails since this look.</returns>
    private bool Follow(ChainHealth health, out TimeSpan lasted)
    {
        lasted = TimeSpan.Zero;
        bool failing = health.State == HealthState.Failing;
        if (!_troubles.TryGetValue(health.Name, out Trouble? trouble))
        {
            if (!failing && health.Mendable * 2 <= health.Registration.EventTimeout)
            {
                return false;
            }

            trouble = new Trouble();
            _troubles.Add(health.Name, trouble);
        }

        bool began = failing && trouble.FailingSince is null;
        if (began)
        {
            trouble.FailingSince = _time.GetTimestamp();
            _aside(() => WatchdogLog.FeedSilent(_logger, health.Name, health.VerdictWord ?? health.NotReady, health.Reason));
        }
        else if (!failing && trouble.FailingSince is { } since)
        {
            trouble.FailingSince = null;
            TimeSpan after = _time.GetElapsedTime(since);
            _aside(() => WatchdogLog.FeedAlive(_logger, health.Name, after));
        }

        if (!failing && health.Mendable * 2 <= health.Registration.EventTimeout)
        {
            _troubles.Remove(health.Name);
            return false;
        }

        Mend(health, trouble);
        if (trouble.FailingSince is { } failingSince)
        {
            lasted = health.Verdict == FeedVerdict.None ? _time.GetElapsedTime(failingSince) : health.Lasted;
        }

        return began;
    }

    /// <summary>Tries the next step when its time has come: from the mildest to a new source, and then over again, once for each timeout of silence.</summary>
    private void Mend(ChainHealth health, Trouble trouble)
    {
        Action? action = null;
        RecoveryStep step = default;
        while (action is null)
        {
            (double at, step) = Steps[trouble.Steps % Steps.Length];
            if (health.Mendable <= health.Registration.EventTimeout * (at + (trouble.Steps / Steps.Length)))
            {
                return;
            }

            // What a chain does not have is passed over.
            trouble.Steps++;
            ChainRecovery recovery = health.Registration.Recovery;
            action = step switch
            {
                RecoveryStep.Resubscribe => recovery.Resubscribe,
                RecoveryStep.Reconnect => recovery.Reconnect,
                RecoveryStep.PreferAnother => recovery.PreferAnother,
                _ => health.Status.RestartSource,
            };
        }

        action();
        string word = WatchdogDiagnostics.WordOf(step);
        TimeSpan silence = health.Mendable;
        trouble.Tried.Add((_time.GetUtcNow(), silence, word));
        if (trouble.Tried.Count > MostTried)
        {
            trouble.Tried.RemoveAt(0);
        }

        _metrics.Recovering(health.Name, word);
        _aside(() => WatchdogLog.Recovering(_logger, health.Name, silence, word));
    }

    /// <summary>What every endpoint of a chain said that serves another chain; <see langword="null"/> as long as one may serve it. No restart mends it, and no waiting.</summary>
    private static string? Misconfigured(List<ChainHealth> chains)
    {
        foreach (ChainHealth chain in chains)
        {
            IReadOnlyList<EndpointStanding> endpoints = chain.Leading && !chain.Status.HadEvent ? chain.Status.Endpoints : [];
            if (endpoints.Count > 0 && endpoints.All(static endpoint => endpoint.ReasonKind == "refused"))
            {
                return $"Chain '{chain.Name}': every endpoint serves another chain: {string.Join("; ", endpoints.Select(static endpoint => endpoint.Reason))}.";
            }
        }

        return null;
    }

    private void Misconfigure(string reason)
    {
        if (_exitRequestedAt is null)
        {
            _exitRequestedAt = _time.GetTimestamp();
            _aside(() => _requestExit(ChainWatchExitCode.BadConfiguration, reason));
        }
        else if (_time.GetElapsedTime(_exitRequestedAt.Value) > _options.ExitTimeout)
        {
            _exit(ChainWatchExitCode.BadConfiguration);
        }
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
        string block = WatchdogDiagnostics.Write(check, reason, name => _troubles.GetValueOrDefault(name)?.Tried ?? []);
        _aside(() =>
        {
            _error.WriteLine(block);
            _error.Flush();
            WatchdogLog.FailingFast(_logger, reason);
            _requestExit(ChainWatchExitCode.RestartNeeded, reason);
        });
    }

    private sealed class Trouble
    {
        /// <summary>Since when the chain is failing; <see langword="null"/> while it is only suspect.</summary>
        public long? FailingSince { get; set; }

        /// <summary>How many steps have had their turn.</summary>
        public int Steps { get; set; }

        public List<(DateTimeOffset At, TimeSpan Silence, string Step)> Tried { get; } = [];
    }
}
