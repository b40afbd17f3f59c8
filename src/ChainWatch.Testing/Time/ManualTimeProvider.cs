namespace ChainWatch.Testing;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire on the thread that advances the clock, in the order in which they are due, and each sees the time at
/// which it was due; timers due at the same moment fire in the order in which they were set. Safe to use from several threads.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly SortedSet<ManualTimer> _timers = new(ManualTimer.ByDueTime);
    private readonly long _startTicks;
    private long _nowTicks;
    private long _sequence;

    /// <summary>Creates a clock that shows 1 January 2026, 00:00 UTC.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Creates a clock.</summary>
    /// <param name="start">The time that it shows.</param>
    public ManualTimeProvider(DateTimeOffset start)
    {
        _startTicks = start.UtcTicks;
        _nowTicks = start.UtcTicks;
    }

    /// <summary>The unit of <see cref="GetTimestamp"/>: ticks of 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>UTC, so that no test depends on the machine.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>When the next timer is due; <see langword="null"/> when none is set.</summary>
    public DateTimeOffset? NextTimerAt
    {
        get
        {
            lock (_lock)
            {
                return _timers.Min is { } timer ? new DateTimeOffset(timer.DueTicks, TimeSpan.Zero) : null;
            }
        }
    }

    /// <summary>How many timers are set.</summary>
    public int TimerCount
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return new DateTimeOffset(_nowTicks, TimeSpan.Zero);
        }
    }

    /// <summary>The time since the clock was created, in ticks of 100 ns: it moves only as <see cref="Advance"/> says.</summary>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _nowTicks - _startTicks;
        }
    }

    /// <summary>Moves the clock forward and fires the timers that become due on the way, those included that are set while others fire.</summary>
    /// <param name="by">How far; zero fires what is due now.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target;
        lock (_lock)
        {
            target = _nowTicks + by.Ticks;
        }

        while (FireNext(target))
        {
        }

        lock (_lock)
        {
            _nowTicks = Math.Max(_nowTicks, target);
        }
    }

    /// <summary>Moves the clock to the moment at which the next timer is due, and fires that one timer.</summary>
    /// <returns>False when no timer is set; the clock stands still then.</returns>
    public bool AdvanceToNextTimer() => FireNext(long.MaxValue);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ManualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    internal bool Set(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        }

        if (period != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        }

        lock (_lock)
        {
            if (timer.IsDisposed)
            {
                return false;
            }

            _timers.Remove(timer);
            timer.PeriodTicks = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                timer.DueTicks = _nowTicks + dueTime.Ticks;
                timer.Sequence = ++_sequence;
                _timers.Add(timer);
            }

            return true;
        }
    }

    internal void Remove(ManualTimer timer)
    {
        lock (_lock)
        {
            _timers.Remove(timer);
            timer.IsDisposed = true;
        }
    }

    private bool FireNext(long targetTicks)
    {
        ManualTimer? timer;
        lock (_lock)
        {
            timer = _timers.Min;
            if (timer is null || timer.DueTicks > targetTicks)
            {
                return false;
            }

            _timers.Remove(timer);
            _nowTicks = Math.Max(_nowTicks, timer.DueTicks);
            if (timer.PeriodTicks > 0)
            {
                timer.DueTicks = _nowTicks + timer.PeriodTicks;
                timer.Sequence = ++_sequence;
                _timers.Add(timer);
            }
        }

        timer.Fire();
        return true;
    }
}
