namespace ChainWatch;

/// <summary>
/// How long to wait before the next attempt: anything up to a bound that doubles with each failure ("full jitter"), so that many who lost the same thing at the same moment do not come back together.
/// </summary>
public sealed class RetryBackoff
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private readonly Random _jitter;
    private readonly double _least;
    private int _failures;

    /// <summary>Creates a backoff.</summary>
    /// <param name="first">The bound of the first wait.</param>
    /// <param name="longest">The largest bound.</param>
    /// <param name="seed">The seed of the jitter.</param>
    /// <param name="least">The share of the bound that is waited in any case, where coming back at once is no answer to what was said.</param>
    public RetryBackoff(TimeSpan first, TimeSpan longest, int seed, double least = 0)
    {
        _least = least;
        _first = first;
        _longest = longest;
        _jitter = new Random(seed);
    }

    /// <summary>It worked: the next wait is short again.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            _failures = 0;
        }
    }

    /// <summary>It failed, once more.</summary>
    /// <returns>How long to wait.</returns>
    public TimeSpan Failed()
    {
        lock (_lock)
        {
            return Wait(_failures++);
        }
    }

    /// <summary>How long to wait after so many failures, where who asks counts them.</summary>
    /// <param name="failures">How many there were before this one.</param>
    public TimeSpan After(int failures)
    {
        lock (_lock)
        {
            return Wait(failures);
        }
    }

    private TimeSpan Wait(int failures)
    {
        double bound = Math.Min(_longest.TotalSeconds, _first.TotalSeconds * Math.Pow(2, Math.Min(failures, 30)));
        return TimeSpan.FromSeconds(bound * (_least + ((1 - _least) * _jitter.NextDouble())));
    }
}
