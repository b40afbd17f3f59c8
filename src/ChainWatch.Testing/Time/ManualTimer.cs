namespace ChainWatch.Testing;

/// <summary>A timer of a <see cref="ManualTimeProvider"/>. All its state is guarded by the provider's lock.</summary>
internal sealed class ManualTimer : ITimer
{
    private readonly ManualTimeProvider _provider;
    private readonly TimerCallback _callback;
    private readonly object? _state;
    private readonly ExecutionContext? _context = ExecutionContext.Capture();

    public ManualTimer(ManualTimeProvider provider, TimerCallback callback, object? state)
    {
        _provider = provider;
        _callback = callback;
        _state = state;
    }

    public static IComparer<ManualTimer> ByDueTime { get; } = Comparer<ManualTimer>.Create(static (left, right) =>
    {
        int byTime = left.DueTicks.CompareTo(right.DueTicks);
        return byTime != 0 ? byTime : left.Sequence.CompareTo(right.Sequence);
    });

    public long DueTicks { get; set; }

    public long PeriodTicks { get; set; }

    public long Sequence { get; set; }

    public bool IsDisposed { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period) => _provider.Set(this, dueTime, period);

    public void Fire()
    {
        if (_context is null)
        {
            _callback(_state);
        }
        else
        {
            ExecutionContext.Run(_context, static timer => ((ManualTimer)timer!)._callback(((ManualTimer)timer)._state), this);
        }
    }

    public void Dispose() => _provider.Remove(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
