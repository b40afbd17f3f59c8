namespace ChainWatch;

/// <summary>How a chain is doing in this process. Written by the stations, read by health checks and metrics, from any thread.</summary>
public sealed class ChainStatus
{
    // Twice the longest wait between two attempts of a chain's runner: what still fails has failed again by then.
    private static readonly TimeSpan ErrorMemory = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private ChainPoint? _head;
    private ChainPoint? _cursor;
    private long _finalizedHeight = -1;
    private string? _lastError;
    private long _lastEventAt;
    private long _lastCommitAt;
    private long _lastErrorAt;
    private bool _hadEvent;
    private bool _connected;
    private bool _leading;
    private long _term;
    private int _subscriptions;
    private long _blocks;
    private long _payments;
    private volatile Func<IReadOnlyList<EndpointStanding>>? _readEndpoints;

    /// <summary>Creates the status of a chain.</summary>
    public ChainStatus(Chain chain, TimeProvider timeProvider)
    {
        Chain = chain;
        _time = timeProvider;
        _lastEventAt = timeProvider.GetTimestamp();
        _lastCommitAt = _lastEventAt;
    }

    /// <summary>The chain.</summary>
    public Chain Chain { get; }

    /// <summary>The newest head that was seen; <see langword="null"/> before the first.</summary>
    public ChainPoint? Head
    {
        get
        {
            lock (_lock)
            {
                return _head;
            }
        }
    }

    /// <summary>The last point committed; <see langword="null"/> before the first, and on a standby.</summary>
    public ChainPoint? Cursor
    {
        get
        {
            lock (_lock)
            {
                return _cursor;
            }
        }
    }

    /// <summary>The newest final height; -1 where none is known.</summary>
    public long FinalizedHeight
    {
        get
        {
            lock (_lock)
            {
                return _finalizedHeight;
            }
        }
    }

    /// <summary>How many blocks the cursor is behind the head.</summary>
    public long Lag
    {
        get
        {
            lock (_lock)
            {
                return _head is null ? 0 : Math.Max(0, _head.Value.Height - (_cursor?.Height ?? _head.Value.Height));
            }
        }
    }

    /// <summary>True when the last request was answered.</summary>
    public bool Connected
    {
        get
        {
            lock (_lock)
            {
                return _connected;
            }
        }
    }

    /// <summary>True when this instance leads the chain; false on a standby.</summary>
    public bool Leading
    {
        get
        {
            lock (_lock)
            {
                return _leading;
            }
        }
    }

    /// <summary>The term under which this instance leads or last led.</summary>
    public long Term
    {
        get
        {
            lock (_lock)
            {
                return _term;
            }
        }
    }

    /// <summary>How many feeds the chain is followed through: pushes and the poll.</summary>
    public int Subscriptions
    {
        get
        {
            lock (_lock)
            {
                return _subscriptions;
            }
        }
    }

    /// <summary>Blocks committed by this process.</summary>
    public long Blocks
    {
        get
        {
            lock (_lock)
            {
                return _blocks;
            }
        }
    }

    /// <summary>Payment events committed by this process.</summary>
    public long Payments
    {
        get
        {
            lock (_lock)
            {
                return _payments;
            }
        }
    }

    /// <summary>What went wrong last, for people, without secrets; <see langword="null"/> while all goes well.</summary>
    public string? LastError
    {
        get
        {
            lock (_lock)
            {
                return _lastError;
            }
        }
    }

    /// <summary>What went wrong last, unless it is over: something was committed since, or it did not happen again for a minute.</summary>
    public string? RecentError
    {
        get
        {
            lock (_lock)
            {
                return RecentErrorLocked();
            }
        }
    }

    /// <summary>True once the chain's tip has advanced in this process.</summary>
    public bool HadEvent
    {
        get
        {
            lock (_lock)
            {
                return _hadEvent;
            }
        }
    }

    /// <summary>How long ago the chain's tip last advanced, or the process started to look.</summary>
    public TimeSpan TimeSinceLastEvent
    {
        get
        {
            lock (_lock)
            {
                return _time.GetElapsedTime(_lastEventAt);
            }
        }
    }

    /// <summary>How long ago a batch was last committed, or this instance began to lead.</summary>
    public TimeSpan TimeSinceLastCommit
    {
        get
        {
            lock (_lock)
            {
                return _time.GetElapsedTime(_lastCommitAt);
            }
        }
    }

    /// <summary>How the chain's endpoints stand now, in the order in which they are asked; empty where the chain's family does not tell.</summary>
    public IReadOnlyList<EndpointStanding> Endpoints => _readEndpoints?.Invoke() ?? [];

    /// <summary>Says where to read how the chain's endpoints stand. The function may be called from any thread, at any time, and must return at once.</summary>
    public void ReadEndpointsFrom(Func<IReadOnlyList<EndpointStanding>> read) => _readEndpoints = read;

    /// <summary>Records a head that was seen. Only a higher one than ever before counts as life.</summary>
    public void SawHead(ChainPoint head)
    {
        lock (_lock)
        {
            _connected = true;
            if (_head is null || head.Height > _head.Value.Height)
            {
                _head = head;
                _lastEventAt = _time.GetTimestamp();
                _hadEvent = true;
            }
        }
    }

    /// <summary>Records a commit.</summary>
    public void Committed(ChainPoint? cursor, long finalizedHeight, int blocks, int events)
    {
        lock (_lock)
        {
            _cursor = cursor;
            _finalizedHeight = finalizedHeight;
            _blocks += blocks;
            _payments += events;
            _lastError = null;
            _lastCommitAt = _time.GetTimestamp();
        }
    }

    /// <summary>Records that this instance began, or ended, to lead the chain.</summary>
    public void Led(bool leading, long term)
    {
        lock (_lock)
        {
            if (leading && !_leading && RecentErrorLocked() is null)
            {
                // What a standby did not hear says nothing about the leader that it becomes. One that leads again after a failure was not a standby.
                _lastCommitAt = _time.GetTimestamp();
                _lastEventAt = _lastCommitAt;
            }

            _leading = leading;
            _term = term;
            _subscriptions = leading ? 1 : 0;
        }
    }

    /// <summary>Records that something went wrong. The text must hold no URL and no key.</summary>
    public void Failed(string error)
    {
        lock (_lock)
        {
            _lastError = error;
            _lastErrorAt = _time.GetTimestamp();
        }
    }

    /// <summary>Records that no endpoint answers.</summary>
    public void Disconnected(string error)
    {
        lock (_lock)
        {
            _connected = false;
            _lastError = error;
            _lastErrorAt = _time.GetTimestamp();
        }
    }

    /// <summary>What starts the chain's source anew; set by the follower while it follows.</summary>
    internal Action? Restart { private get; set; }

    /// <summary>Starts the chain's source anew, where it is followed here.</summary>
    internal void RestartSource() => Restart?.Invoke();

    private string? RecentErrorLocked() => _lastError is not null && _time.GetElapsedTime(_lastErrorAt) < ErrorMemory ? _lastError : null;
}
