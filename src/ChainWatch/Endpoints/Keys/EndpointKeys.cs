namespace ChainWatch;

/// <summary>
/// An endpoint's keys, in the order in which they are preferred. A key that was refused is never given out again; one whose quota is used up rests. Keys may come and go while the process runs.
/// </summary>
internal sealed class EndpointKeys
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly bool _sideBySide;
    private readonly Func<EndpointRateLimiter> _createLimiter;
    private List<ApiKey> _keys = [];
    private int _lastNumber;

    /// <param name="keys">The keys.</param>
    /// <param name="sideBySide">Whether all are used at a time, each as far as its limits go, instead of one after the other.</param>
    /// <param name="createLimiter">Gives the limits of a key.</param>
    /// <param name="time">The clock.</param>
    public EndpointKeys(IEnumerable<string> keys, bool sideBySide, Func<EndpointRateLimiter> createLimiter, TimeProvider time)
    {
        _sideBySide = sideBySide;
        _createLimiter = createLimiter;
        _time = time;
        Replace([.. keys]);
    }

    /// <summary>True where the endpoint has keys at all.</summary>
    public bool Any => _keys.Count > 0;

    /// <summary>All keys, also those that cannot be used.</summary>
    public IReadOnlyList<ApiKey> All => _keys;

    /// <summary>How many keys can be used now.</summary>
    public int Usable
    {
        get
        {
            DateTimeOffset now = _time.GetUtcNow();
            lock (_lock)
            {
                return _keys.Count(key => IsUsable(key, now));
            }
        }
    }

    /// <summary>The key to use now; <see langword="null"/> where none is left.</summary>
    /// <param name="except">Keys that are not wanted.</param>
    public ApiKey? Current(HashSet<ApiKey>? except)
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            IEnumerable<ApiKey> usable = _keys.Where(key => IsUsable(key, now) && except?.Contains(key) != true);
            return _sideBySide ? usable.MinBy(static key => key.Limiter.EstimateWait()) : usable.FirstOrDefault();
        }
    }

    /// <summary>Puts the key that is in use behind the others. False where no other can be used.</summary>
    public bool Rotate()
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            List<ApiKey> usable = [.. _keys.Where(key => IsUsable(key, now))];
            if (usable.Count < 2)
            {
                return false;
            }

            _keys = [.. _keys.Where(key => key != usable[0]), usable[0]];
            return true;
        }
    }

    /// <summary>Takes other keys. Those that stay keep what is known about them; a refused one does not come back by being named again.</summary>
    /// <returns>How many are new.</returns>
    public int Replace(IReadOnlyList<string> keys)
    {
        lock (_lock)
        {
            List<ApiKey> next = [];
            int added = 0;
            foreach (string value in keys.Distinct(StringComparer.Ordinal))
            {
                ApiKey? known = _keys.Find(key => string.Equals(key.Value, value, StringComparison.Ordinal));
                added += known is null ? 1 : 0;
                next.Add(known ?? new ApiKey(++_lastNumber, value, _createLimiter()));
            }

            _keys = next;
            return added;
        }
    }

    public void Refuse(ApiKey key)
    {
        lock (_lock)
        {
            key.Refused = true;
        }
    }

    public void Rest(ApiKey key, TimeSpan duration)
    {
        lock (_lock)
        {
            key.RestsUntil = _time.GetUtcNow() + duration;
        }
    }

    private static bool IsUsable(ApiKey key, DateTimeOffset now) => !key.Refused && key.RestsUntil <= now;
}
