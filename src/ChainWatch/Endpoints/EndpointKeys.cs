namespace ChainWatch;

/// <summary>An endpoint's keys, of which one is in use. A key that was refused is never given out again; one whose quota is used up rests.</summary>
internal sealed class EndpointKeys
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly string[] _keys;
    private readonly bool[] _refused;
    private readonly DateTimeOffset[] _restsUntil;

    public EndpointKeys(IEnumerable<string> keys, TimeProvider time)
    {
        _keys = [.. keys];
        _refused = new bool[_keys.Length];
        _restsUntil = new DateTimeOffset[_keys.Length];
        _time = time;
    }

    /// <summary>True where the endpoint is configured with keys at all.</summary>
    public bool Any => _keys.Length > 0;

    /// <summary>The number of the key to use now, or -1 when none is left.</summary>
    public int Current()
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            for (int index = 0; index < _keys.Length; index++)
            {
                if (!_refused[index] && _restsUntil[index] <= now)
                {
                    return index;
                }
            }

            return -1;
        }
    }

    public string this[int index] => _keys[index];

    public void Refuse(int index)
    {
        lock (_lock)
        {
            _refused[index] = true;
        }
    }

    public void Rest(int index, TimeSpan duration)
    {
        lock (_lock)
        {
            _restsUntil[index] = _time.GetUtcNow() + duration;
        }
    }
}
