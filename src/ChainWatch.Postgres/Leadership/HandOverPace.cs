namespace ChainWatch.Postgres;

/// <summary>Keeps an instance from handing over more than one of its scopes at a time: each hand-over is a short pause of its chain.</summary>
internal sealed class HandOverPace(TimeSpan interval, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long? _last;

    /// <summary>Whether a scope may be handed over now; if so, none other may for a while.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (_last is { } last && time.GetElapsedTime(last) < interval)
            {
                return false;
            }

            _last = time.GetTimestamp();
            return true;
        }
    }
}
