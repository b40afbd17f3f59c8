using System.Threading.RateLimiting;

namespace ChainWatch;

/// <summary>
/// Gives turns at an endpoint: as many at once, as close together, as many a second and as many a window as it allows, the urgent ones first. It learns: told "too often" it halves its rate, and grows
/// back slowly while the rate is used up. While a refusal is known, nothing is given out, and who waits is told at once, so that another endpoint can be asked.
/// </summary>
/// <remarks>
/// The framework's own token bucket counts by <c>Stopwatch</c> and a system timer also when it is replenished by hand, so it can neither be simulated nor tested at virtual time; this one is of the
/// framework's kind, but knows only a <see cref="TimeProvider"/>.
/// </remarks>
internal sealed class EndpointRateLimiter : RateLimiter
{
    /// <summary>How many requests may be under way until the first ones were answered, and after each "too often".</summary>
    private const int WarmUp = 3;

    /// <summary>Every so manieth turn goes to whoever has waited longest, so that nobody waits for ever.</summary>
    private const int FairTurn = 10;

    private const int MostWaiting = 10_000;
    private const double LeastFactor = 0.125;
    private const double LeastRate = 3;
    private const double ObservedSeconds = 5;
    private const double GrowthPerSecond = 1.0 / 60;

    /// <summary>The share of a window's quota that only the tip may use: catching up must not leave the chain blind until the reset.</summary>
    private const double KeptForTip = 0.1;

    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OneComplaint = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly LinkedList<Waiter>[] _waiting = [new(), new(), new()];
    private readonly double _burst;
    private readonly double _leastFactor;
    private double? _rate;
    private double _factor = 1;
    private double _tokens;
    private long _at;
    private double _observed;
    private bool _limiting;
    private int _underWay;
    private int _atOnce;
    private int _given;
    private long _asked;
    private long? _lastGiven;
    private long _window = long.MinValue;
    private double _usedInWindow;
    private DateTimeOffset _pausedUntil;
    private EndpointErrorKind _pausedBy;
    private long? _slowedAt;
    private bool _disposed;

    /// <param name="options">The endpoint's limits, validated.</param>
    /// <param name="time">The clock.</param>
    public EndpointRateLimiter(EndpointOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _rate = options.RequestsPerSecond;
        _burst = Math.Max(1, options.Burst ?? Math.Ceiling(2 * (_rate ?? 1)));
        _leastFactor = options.Units.Count == 0 && _rate is { } rate ? Math.Clamp(LeastRate / rate, LeastFactor, 1) : LeastFactor;
        _tokens = _burst;
        _at = time.GetTimestamp();
        _atOnce = Math.Min(WarmUp, options.MaxConcurrency);
        _timer = time.CreateTimer(static limiter => ((EndpointRateLimiter)limiter!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public override TimeSpan? IdleDuration => null;

    /// <summary>How long nothing is given out any more, because the endpoint asked for a pause.</summary>
    public TimeSpan Paused
    {
        get
        {
            lock (_lock)
            {
                TimeSpan left = _pausedUntil - _time.GetUtcNow();
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>How much a second is given out now at most; <see langword="null"/> for no limit.</summary>
    public double? Rate
    {
        get
        {
            lock (_lock)
            {
                return _rate * _factor;
            }
        }
    }

    /// <summary>How soon a turn could be had; for choosing among several.</summary>
    public TimeSpan EstimateWait()
    {
        lock (_lock)
        {
            Refill();
            TimeSpan left = _pausedUntil - _time.GetUtcNow();
            TimeSpan turn = WaitForTokens(1 + Ahead(EndpointPriority.Reconciliation));
            return left > turn ? left : turn;
        }
    }

    /// <summary>Waits for a turn.</summary>
    /// <param name="units">What the request counts.</param>
    /// <param name="priority">How urgent it is.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The turn; or, at once, why there will be none.</returns>
    public ValueTask<RateLimitLease> AcquireAsync(int units, EndpointPriority priority, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Refill();
            if (Refusal(units, priority) is { } refusal)
            {
                return ValueTask.FromResult<RateLimitLease>(refusal);
            }

            if (_waiting.All(static queue => queue.Count == 0) && Wait(units) == TimeSpan.Zero)
            {
                return ValueTask.FromResult<RateLimitLease>(Give(units));
            }

            if (WaitForTokens(units + Ahead(priority)) > LongestTurn || _waiting.Sum(static queue => queue.Count) >= MostWaiting)
            {
                return ValueTask.FromResult<RateLimitLease>(new EndpointLease(EndpointErrorKind.RateLimited, retryAfter: null, "has too many requests waiting for its RequestsPerSecond"));
            }

            waiter = new Waiter(units, priority, _asked++);
            _waiting[(int)priority].AddLast(waiter.Node);
            Pump();
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>A request was answered: more may be under way at the same time.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            if (_atOnce < _options.MaxConcurrency)
            {
                _atOnce++;
                Pump();
            }
        }
    }

    /// <summary>The endpoint said "too often": the rate is halved, down to an eighth or three a second, and few are under way at once, until it is answering again.</summary>
    /// <param name="learn">Whether a rate is to be found where none is configured: a refusal shows one, a mere warning does not.</param>
    public void SlowDown(bool learn)
    {
        lock (_lock)
        {
            Refill();
            _atOnce = Math.Min(WarmUp, _atOnce);

            // What was under way together is one complaint.
            if (_slowedAt is { } at && _time.GetElapsedTime(at) < OneComplaint)
            {
                return;
            }

            _slowedAt = _time.GetTimestamp();
            if (_rate is null && !learn)
            {
                return;
            }

            if (_options.RequestsPerSecond is null)
            {
                // The limit is not configured; what was just asked for was too much.
                _rate = Math.Max(LeastRate, (_rate ?? (_observed / ObservedSeconds)) / 2);
            }
            else
            {
                _factor = Math.Max(_factor / 2, _leastFactor);
            }

            _tokens = Math.Min(_tokens, 0);
        }
    }

    /// <summary>Gives nothing out for a while, and tells it to those who wait.</summary>
    public void Pause(TimeSpan duration, EndpointErrorKind reason)
    {
        if (duration <= TimeSpan.Zero)
        {
            // "At once", or at a time that is over: who waits keeps his turn.
            return;
        }

        lock (_lock)
        {
            DateTimeOffset until = _time.GetUtcNow() + duration;
            if (until <= _pausedUntil)
            {
                return;
            }

            _pausedUntil = until;
            _pausedBy = reason;
            EndpointLease refusal = RefusalFor(duration);
            foreach (LinkedList<Waiter> queue in _waiting)
            {
                while (queue.First?.Value is { } waiter)
                {
                    queue.RemoveFirst();
                    waiter.Turn.TrySetResult(refusal);
                }
            }
        }
    }

    /// <summary>When the current window's quota is given anew; <see langword="null"/> where there is no quota.</summary>
    public TimeSpan? UntilReset => _options.Quota is null ? null : LeftOfWindow(_time.GetUtcNow());

    public override RateLimiterStatistics GetStatistics()
    {
        lock (_lock)
        {
            return new RateLimiterStatistics { CurrentAvailablePermits = (long)Math.Max(0, _tokens), CurrentQueuedCount = _waiting.Sum(static queue => queue.Count), TotalSuccessfulLeases = _given };
        }
    }

    internal void Release()
    {
        lock (_lock)
        {
            _underWay--;
            Pump();
        }
    }

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_lock)
        {
            Refill();
            return Refusal(permitCount, EndpointPriority.Tip) ??
                (Wait(permitCount) == TimeSpan.Zero ? Give(permitCount) : new EndpointLease(EndpointErrorKind.RateLimited, WaitForTokens(permitCount), "its turn has not come"));
        }
    }

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) => AcquireAsync(permitCount, EndpointPriorityScope.Current, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            _disposed = true;
        }

        _timer.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<RateLimitLease> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                if (waiter.Turn.TrySetCanceled(cancellationToken))
                {
                    waiter.Node.List?.Remove(waiter.Node);
                }
            }
        });
        return await waiter.Turn.Task;
    }

    private void Wake()
    {
        lock (_lock)
        {
            Pump();
        }
    }

    /// <summary>Gives turns to those who wait, as many as there are now, and sets the clock for the next.</summary>
    private void Pump()
    {
        Refill();
        _limiting = false;
        while (Next() is { } waiter)
        {
            EndpointLease? refusal = Refusal(waiter.Units, waiter.Priority);
            TimeSpan wait = refusal is null ? Wait(waiter.Units) : TimeSpan.Zero;
            if (wait == Timeout.InfiniteTimeSpan)
            {
                // Whoever ends first lets the next one in.
                return;
            }

            if (wait > TimeSpan.Zero)
            {
                _limiting = true;
                _timer.Change(wait, Timeout.InfiniteTimeSpan);
                return;
            }

            waiter.Node.List!.Remove(waiter.Node);
            if (refusal is not null)
            {
                waiter.Turn.TrySetResult(refusal);
            }
            else
            {
                waiter.Turn.TrySetResult(Give(waiter.Units));
            }
        }
    }

    private Waiter? Next()
    {
        if (_given % FairTurn == FairTurn - 1)
        {
            return _waiting.Select(static queue => queue.First?.Value).OfType<Waiter>().MinBy(static waiter => waiter.Asked);
        }

        foreach (LinkedList<Waiter> queue in _waiting)
        {
            if (queue.First?.Value is { } first)
            {
                return first;
            }
        }

        return null;
    }

    private EndpointLease Give(int units)
    {
        if (_rate is not null)
        {
            _tokens -= units;
        }

        _observed += units;
        _usedInWindow += units;
        _underWay++;
        _given++;
        _lastGiven = _time.GetTimestamp();
        return new EndpointLease(this);
    }

    private EndpointLease? Refusal(int units, EndpointPriority priority)
    {
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan left = _pausedUntil - now;
        if (left > TimeSpan.Zero)
        {
            return RefusalFor(left);
        }

        if (_options.Quota is not { } quota)
        {
            return null;
        }

        long window = now.UtcTicks / _options.QuotaWindow.Ticks;
        if (window != _window)
        {
            _window = window;
            _usedInWindow = 0;
        }

        double mine = priority == EndpointPriority.Tip ? quota : quota * (1 - KeptForTip);
        if (_usedInWindow + units <= mine)
        {
            return null;
        }

        TimeSpan reset = LeftOfWindow(now);
        return new EndpointLease(EndpointErrorKind.QuotaExhausted, reset, FormattableString.Invariant($"has used up its Quota of {quota:0} (for {priority}); it begins anew in {reset.TotalSeconds:0.#} s"));
    }

    private EndpointLease RefusalFor(TimeSpan left) => new(_pausedBy, left, FormattableString.Invariant($"is left alone for {left.TotalSeconds:0.#} s more ({_pausedBy})"));

    private TimeSpan LeftOfWindow(DateTimeOffset now) => TimeSpan.FromTicks(_options.QuotaWindow.Ticks - (now.UtcTicks % _options.QuotaWindow.Ticks));

    /// <summary>How long until a request of so many units may go; infinite while as many as allowed are under way.</summary>
    private TimeSpan Wait(double units)
    {
        if (_underWay >= _atOnce)
        {
            return Timeout.InfiniteTimeSpan;
        }

        // What is larger than a whole burst goes when the bucket is full, and the bucket owes the rest.
        TimeSpan tokens = WaitForTokens(Math.Min(units, _burst));
        TimeSpan spacing = _lastGiven is { } last ? _options.MinSpacing - _time.GetElapsedTime(last) : TimeSpan.Zero;
        return tokens > spacing ? tokens : spacing > TimeSpan.Zero ? spacing : TimeSpan.Zero;
    }

    private TimeSpan WaitForTokens(double units)
    {
        double missing = _rate is null ? 0 : units - _tokens;
        return missing <= 1e-9 ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Ceiling(missing / (_rate!.Value * _factor) * TimeSpan.TicksPerSecond));
    }

    private double Ahead(EndpointPriority priority)
    {
        double units = 0;
        for (int index = 0; index <= (int)priority; index++)
        {
            foreach (Waiter waiter in _waiting[index])
            {
                units += waiter.Units;
            }
        }

        return units;
    }

    private void Refill()
    {
        long now = _time.GetTimestamp();
        double seconds = _time.GetElapsedTime(_at, now).TotalSeconds;
        _at = now;
        _observed *= Math.Exp(-seconds / ObservedSeconds);
        if (_rate is not { } rate)
        {
            return;
        }

        _tokens = Math.Min(_burst, _tokens + (seconds * rate * _factor));

        // A rate that is not used up proves nothing about a higher one.
        if (_limiting)
        {
            _factor = Math.Min(1, _factor + (seconds * GrowthPerSecond));
            _rate = _options.RequestsPerSecond ?? (rate * (1 + (seconds * GrowthPerSecond)));
        }
    }

    private sealed class Waiter
    {
        public Waiter(int units, EndpointPriority priority, long asked)
        {
            Units = units;
            Priority = priority;
            Asked = asked;
            Node = new LinkedListNode<Waiter>(this);
        }

        public int Units { get; }

        public EndpointPriority Priority { get; }

        public long Asked { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource<RateLimitLease> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
