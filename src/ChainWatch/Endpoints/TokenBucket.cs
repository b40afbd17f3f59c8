namespace ChainWatch;

/// <summary>
/// Spaces requests to a rate with a burst, in the order in which they ask. The framework's token bucket runs on the system's clock and timers, so it could neither be
/// simulated nor tested at virtual time; this one knows only a <see cref="TimeProvider"/>. It reserves: who asks is told how long to wait for its turn.
/// </summary>
internal sealed class TokenBucket
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly double _rate;
    private readonly double _burst;
    private double _factor = 1;
    private double _tokens;
    private long _at;

    /// <param name="rate">Requests per second.</param>
    /// <param name="burst">How many may come at once after a pause.</param>
    /// <param name="time">The clock.</param>
    public TokenBucket(double rate, int burst, TimeProvider time)
    {
        _rate = rate;
        _burst = Math.Max(1, burst);
        _tokens = _burst;
        _time = time;
        _at = time.GetTimestamp();
    }

    /// <summary>Takes one turn, and says how long to wait for it; <see langword="null"/>, and no turn taken, where that would be longer than <paramref name="longest"/>.</summary>
    public TimeSpan? Reserve(TimeSpan longest)
    {
        lock (_lock)
        {
            Refill();
            TimeSpan wait = TimeSpan.FromSeconds(Math.Max(0, 1 - _tokens) / (_rate * _factor));
            if (wait > longest)
            {
                return null;
            }

            _tokens -= 1;
            return wait;
        }
    }

    /// <summary>The endpoint said "too often": the rate is halved, down to an eighth, and comes back within about a minute.</summary>
    public void SlowDown()
    {
        lock (_lock)
        {
            Refill();
            _factor = Math.Max(_factor / 2, 0.125);
            _tokens = Math.Min(_tokens, 0);
        }
    }

    private void Refill()
    {
        long now = _time.GetTimestamp();
        double seconds = _time.GetElapsedTime(_at, now).TotalSeconds;
        _at = now;
        _tokens = Math.Min(_burst, _tokens + (seconds * _rate * _factor));
        _factor = Math.Min(1, _factor + (seconds / 60));
    }
}
