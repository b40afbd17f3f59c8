namespace ChainWatch.Evm;

/// <summary>The safe and finalized marks that an endpoint told last. They move once in minutes, so they are not asked for with every look at the head.</summary>
internal sealed class EvmMarks
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan UnsupportedFor = TimeSpan.FromMinutes(10);
    private readonly Lock _lock = new();
    private ChainPoint? _safe;
    private ChainPoint? _finalized;
    private long _askedAt;
    private bool _asked;
    private bool _unsupported;

    public ChainPoint? Safe
    {
        get
        {
            lock (_lock)
            {
                return _safe;
            }
        }
    }

    public ChainPoint? Finalized
    {
        get
        {
            lock (_lock)
            {
                return _finalized;
            }
        }
    }

    /// <summary>True once the endpoint said that it has no such marks.</summary>
    public bool AreMissing
    {
        get
        {
            lock (_lock)
            {
                return _unsupported;
            }
        }
    }

    public bool AreDue(TimeProvider time)
    {
        lock (_lock)
        {
            return !_asked || time.GetElapsedTime(_askedAt) >= (_unsupported ? UnsupportedFor : FreshFor);
        }
    }

    public void Set(ChainPoint? safe, ChainPoint? finalized, bool unsupported, TimeProvider time)
    {
        lock (_lock)
        {
            _safe = safe ?? _safe;
            _finalized = finalized ?? _finalized;
            _unsupported = unsupported && _finalized is null;
            _asked = true;
            _askedAt = time.GetTimestamp();
        }
    }
}
