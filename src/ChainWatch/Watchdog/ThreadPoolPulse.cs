namespace ChainWatch;

/// <summary>
/// Whether the thread pool still runs what it is given. Everything but the watchdog needs it: an instance whose pool is starved follows nothing, could not take over as a standby
/// and cannot even notice that it lost its leadership, so that the silence of a feed alone would not show it.
/// </summary>
internal sealed class ThreadPoolPulse
{
    // A look that comes late says that the process as a whole did not run (it was paused, or got no processor), not that its pool did not.
    private static readonly TimeSpan MostPerLook = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Action<Action> _queue;
    private readonly Action _answer;
    private long _lookedAt;
    private long _silence;
    private int _asked;

    /// <param name="time">The clock.</param>
    /// <param name="queue">Gives the thread pool something to run.</param>
    public ThreadPoolPulse(TimeProvider time, Action<Action> queue)
    {
        _time = time;
        _queue = queue;
        _answer = () => Volatile.Write(ref _asked, 0);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>How long the pool has left unanswered what it was asked; zero while it answers.</summary>
    public TimeSpan Silence => TimeSpan.FromTicks(Volatile.Read(ref _silence));

    /// <summary>Looks whether the pool has answered, and asks it again when it has. Only the watchdog calls this, at each of its looks.</summary>
    public void Look()
    {
        TimeSpan since = _time.GetElapsedTime(_lookedAt);
        _lookedAt = _time.GetTimestamp();
        if (Interlocked.CompareExchange(ref _asked, 1, 0) == 0)
        {
            Volatile.Write(ref _silence, 0);
            _queue(_answer);
        }
        else
        {
            Volatile.Write(ref _silence, _silence + Math.Min(since.Ticks, MostPerLook.Ticks));
        }
    }
}
