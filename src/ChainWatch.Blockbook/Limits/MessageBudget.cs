namespace ChainWatch.Blockbook;

/// <summary>
/// Counts what is asked within a sliding time, as a public Blockbook counts it, and makes wait what would be too much: an instance that is asked too often closes the connection and
/// refuses the address for hours.
/// </summary>
internal sealed class MessageBudget
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Queue<long> _asked = new();

    /// <param name="limit">How many messages may be sent within <paramref name="window"/>.</param>
    /// <param name="window">The sliding time.</param>
    /// <param name="time">The clock.</param>
    public MessageBudget(int limit, TimeSpan window, TimeProvider time)
    {
        Limit = limit;
        Window = window;
        _time = time;
    }

    public int Limit { get; }

    public TimeSpan Window { get; }

    /// <summary>Takes one message from the budget.</summary>
    /// <returns>Zero when it was taken; otherwise how long it takes until one can be.</returns>
    public TimeSpan Take()
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            while (_asked.TryPeek(out long oldest) && _time.GetElapsedTime(oldest, now) >= Window)
            {
                _asked.Dequeue();
            }

            if (_asked.Count < Limit)
            {
                _asked.Enqueue(now);
                return TimeSpan.Zero;
            }

            return Window - _time.GetElapsedTime(_asked.Peek(), now);
        }
    }
}
