namespace ChainWatch;

/// <summary>How a chain is doing in this process. Written by the stations, read by health checks and metrics, from any thread.</summary>
public sealed class ChainStatus
{
    // Twice the longest wait between two attempts of a chain's runner: what still fails has failed again by then.
    private static readonly TimeSpan ErrorMemory = TimeSpan.FromMinutes(1);

    // An announcement may come somewhat later than the poll that saw the same block.
    private static readonly TimeSpan PushGrace = TimeSpan.FromSeconds(2);

    /// <summary>How many blocks an announcement may be above the head that is read before it is forgotten as a lie.</summary>
    private const int MostAhead = 64;

    private const long NotWorking = long.MinValue;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private ChainPoint? _head;
    private ChainPoint? _cursor;
    private long _highestHead = -1;
    private long _lowestHead;
    private long _headAt;
    private long _answeredAt;
    private long _toldHeight = -1;
    private long _finalizedHeight = -1;
    private string? _lastError;
    private long _readAt;
    private long _behindSince;
    private long _lastCommitAt;
    private long _lastErrorAt;
    private bool _hadEvent;
    private bool _connected;
    private bool _leading;
    private bool _stoodBy;
    private bool _hasLed;
    private bool _loaded;
    private bool _idle;
    private long _term;
    private LeadershipCandidate? _candidate;
    private DateTimeOffset? _roleSince;
    private long _blocks;
    private long _payments;
    private volatile Func<IReadOnlyList<EndpointStanding>>? _readEndpoints;
    private long _workingSince = NotWorking;
    private PushState _push;
    private string? _pushLost;
    private long _announced = -1;
    private long _announcedAt;
    private long? _unannouncedSince;
    private long _unannouncedUntil;
    private bool _interrupted;
    private long _muteSince;
    private bool _readSinceSubscribed;
    private TimeSpan _muteBefore;
    private TimeSpan _missedBefore;
    private long? _owedSince;
    private long? _quorumMissedSince;
    private string _quorumMissed = "";
    private ReconciliationStatus _reconciliation = new();
    private IReadOnlyList<TokenMetadata> _tokens = [];

    /// <summary>Creates the status of a chain.</summary>
    public ChainStatus(Chain chain, TimeProvider timeProvider)
    {
        Chain = chain;
        _time = timeProvider;
        _readAt = timeProvider.GetTimestamp();
        _lastCommitAt = _readAt;
        _answeredAt = _readAt;
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
                return LagLocked();
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

    /// <summary>True while this instance, which led the chain last, waits to lead it again after a failure: as far as it knows, nobody else follows the chain.</summary>
    internal bool Retries
    {
        get
        {
            lock (_lock)
            {
                return _hasLed && !_leading && !_stoodBy && RecentErrorLocked() is not null;
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

    /// <summary>Who leads the chain, as this instance knows it.</summary>
    public LeadershipStatus Leadership
    {
        get
        {
            lock (_lock)
            {
                return new LeadershipStatus
                {
                    Scope = _candidate?.Scope ?? Chain.Name,
                    IsLeading = _leading,
                    Term = _term,
                    Since = _roleSince,
                    Holder = _leading ? null : _candidate?.DeniedBy,
                    IsReady = _leading || _candidate?.IsReady is true,
                };
            }
        }
    }

    /// <summary>How many feeds the chain is followed through: pushes and the poll. None on a standby, which has nothing to time out.</summary>
    public int Subscriptions
    {
        get
        {
            lock (_lock)
            {
                return _leading ? (_push == PushState.Subscribed ? 2 : 1) : 0;
            }
        }
    }

    /// <summary>Why there are no pushes although they are configured, for people; <see langword="null"/> while there are, and where the chain is only polled.</summary>
    public string? PushesLost
    {
        get
        {
            lock (_lock)
            {
                return _push == PushState.Lost ? _pushLost : null;
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

    /// <summary>
    /// How long ago the feed last delivered a tip that strictly advanced, or this instance began to look. The feed is what is read; where pushes are subscribed to, they have
    /// to go on as well: while the chain grows unannounced, this is how long they have been mute.
    /// </summary>
    public TimeSpan TimeSinceLastEvent
    {
        get
        {
            lock (_lock)
            {
                TimeSpan read = _time.GetElapsedTime(_readAt);
                return MuteLocked() is { } mute && mute > read ? mute : read;
            }
        }
    }

    /// <summary>How long ago the head that is known now was first heard of.</summary>
    internal TimeSpan TimeSinceHead
    {
        get
        {
            lock (_lock)
            {
                return _time.GetElapsedTime(_headAt);
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
            long now = _time.GetTimestamp();
            bool sinceSubscribed = _readSinceSubscribed;
            _readSinceSubscribed = true;
            _connected = true;
            _answeredAt = now;
            if (!(head.Height <= _head?.Height))
            {
                if (!IsBehindLocked())
                {
                    // After a long silence of the chain there was nothing to commit until now.
                    _behindSince = now;
                }

                _head = head;
                _headAt = _announced == head.Height ? _announcedAt : now;
                _idle = false;
            }

            if (head.Height <= _highestHead)
            {
                _lowestHead = Math.Min(_lowestHead, head.Height);
                return;
            }

            _highestHead = head.Height;
            _lowestHead = head.Height;
            _readAt = now;
            _owedSince = null;
            _hadEvent = true;
            if (head.Height > _announced)
            {
                // What the first look after the subscription finds may have come just before it, and is announced to nobody; nor is what comes while there is none.
                _unannouncedSince ??= sinceSubscribed && !_interrupted ? now : null;
                _unannouncedUntil = now;
            }
            else if (_announced - head.Height > MostAhead)
            {
                // Nobody has such a block: whoever announced it must not make all honest announcements after it look old.
                _announced = head.Height;
            }
        }
    }

    /// <summary>Records up to where blocks were handed to the follower. A higher place than ever before counts as life, so that a long catch-up is none of silence.</summary>
    public void Told(long height)
    {
        lock (_lock)
        {
            _answeredAt = _time.GetTimestamp();
            if (height > _toldHeight)
            {
                _toldHeight = height;
                _readAt = _answeredAt;
                _owedSince = null;
            }
        }
    }

    /// <summary>Records that the source has nothing more to tell under the head that it sees. Where that is a lower one than before, nothing above it is to be committed.</summary>
    internal void Idles(ChainPoint head)
    {
        lock (_lock)
        {
            _idle = true;
            if (head.Height < _head?.Height)
            {
                _head = head;
            }
        }
    }

    /// <summary>Records that pushes are subscribed to. From now on they are expected, whenever the chain grows.</summary>
    public void PushesSubscribed()
    {
        lock (_lock)
        {
            if (_interrupted)
            {
                _interrupted = false;
                _readSinceSubscribed = false;
            }

            if (_push != PushState.Subscribed)
            {
                // How long they were mute before stays: a subscription that is confirmed again and again and never delivers is mute all the same.
                _push = PushState.Subscribed;
                _muteSince = _time.GetTimestamp();
                _unannouncedSince = null;
                _readSinceSubscribed = false;
            }
        }
    }

    /// <summary>Records that pushes cannot be had just now: the chain is polled, and only polled, until there are some again.</summary>
    /// <param name="reason">Why, for people; it must hold no URL and no key.</param>
    public void PushesFailed(string reason)
    {
        lock (_lock)
        {
            EndPushesLocked();
            _push = PushState.Lost;
            _pushLost = reason;
        }
    }

    /// <summary>Records that the connection that pushes came by is being replaced by another, without one having failed: what comes in between is announced to nobody.</summary>
    public void PushesInterrupted()
    {
        lock (_lock)
        {
            _interrupted = _push == PushState.Subscribed;
        }
    }

    /// <summary>Records that nobody wants pushes any more.</summary>
    public void PushesEnded()
    {
        lock (_lock)
        {
            EndPushesLocked();
            _push = PushState.None;
        }
    }

    /// <summary>Records a pushed announcement of a head. Only a higher one than ever before counts as life.</summary>
    public void PushAnnounced(long height)
    {
        lock (_lock)
        {
            if (height <= _announced)
            {
                return;
            }

            _announced = height;
            _announcedAt = _time.GetTimestamp();
            _muteBefore = TimeSpan.Zero;
            _missedBefore = TimeSpan.Zero;
            _muteSince = _announcedAt;
            _unannouncedSince = null;
            if (_highestHead >= 0 && height > _highestHead)
            {
                _owedSince ??= _announcedAt;
            }
        }
    }

    /// <summary>Records a commit.</summary>
    public void Committed(ChainPoint? cursor, long finalizedHeight, int blocks, int events)
    {
        lock (_lock)
        {
            _loaded = true;
            _cursor = cursor;
            _finalizedHeight = finalizedHeight;
            _blocks += blocks;
            _payments += events;
            _lastError = null;
            _lastCommitAt = _time.GetTimestamp();
        }
    }

    /// <summary>Records where the chain was left off. That is no commit: a chain that is loaded again and again has stood still since the last one.</summary>
    internal void StandsAt(ChainPoint? cursor, long finalizedHeight)
    {
        lock (_lock)
        {
            _loaded = true;
            _cursor = cursor;
            _finalizedHeight = finalizedHeight;
            // What a back-scan is told below it is no life of the feed.
            _toldHeight = Math.Max(_toldHeight, cursor?.Height ?? -1);
        }
    }

    /// <summary>Records that this instance began, or ended, to lead the chain.</summary>
    public void Led(bool leading, long term)
    {
        lock (_lock)
        {
            if (leading && !_leading && (_stoodBy || RecentErrorLocked() is null))
            {
                // What a standby did not hear says nothing about the leader that it becomes. One that leads again after a failure was not a standby.
                _lastCommitAt = _time.GetTimestamp();
                _readAt = _lastCommitAt;
                _answeredAt = _lastCommitAt;
                _muteBefore = TimeSpan.Zero;
                _missedBefore = TimeSpan.Zero;
                _owedSince = null;
                _muteSince = _lastCommitAt;
                _unannouncedSince = null;
            }

            if (!leading)
            {
                Waiting();
            }

            if (leading != _leading)
            {
                _roleSince = _time.GetUtcNow();
            }

            _hasLed |= leading;
            _stoodBy &= !leading;
            _leading = leading;
            _term = term;
        }
    }

    /// <summary>Records that this instance stands for the chain.</summary>
    internal void Stands(LeadershipCandidate candidate)
    {
        lock (_lock)
        {
            _candidate = candidate;
            _roleSince ??= _time.GetUtcNow();
        }
    }

    /// <summary>Records that another instance leads the chain.</summary>
    internal void StoodBy()
    {
        lock (_lock)
        {
            _stoodBy = true;
            _loaded = false;
            _cursor = null;
        }
    }

    /// <summary>Records that fewer endpoints than must agree hold a committed block: payments above the last one that enough hold are not confirmed.</summary>
    /// <param name="how">How many do, and who does not, for people.</param>
    internal void QuorumMissed(string how)
    {
        lock (_lock)
        {
            _quorumMissedSince ??= _time.GetTimestamp();
            _quorumMissed = how;
        }
    }

    /// <summary>Records that enough endpoints hold a newer block than before.</summary>
    internal void QuorumHeld()
    {
        lock (_lock)
        {
            _quorumMissedSince = null;
        }
    }

    /// <summary>For how long confirmations have waited for endpoints that must agree, and for whom; zero while they do not.</summary>
    internal (TimeSpan Waited, string How) ReadQuorum()
    {
        lock (_lock)
        {
            return _quorumMissedSince is { } since ? (_time.GetElapsedTime(since), _quorumMissed) : (TimeSpan.Zero, "");
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

    /// <summary>Records that the follower has work in hand, and does not ask the source meanwhile: the source's silence is none of the feed then.</summary>
    internal void Working() => Volatile.Write(ref _workingSince, _time.GetTimestamp());

    /// <summary>Records that the follower waits for the source, or does not follow.</summary>
    internal void Waiting() => Volatile.Write(ref _workingSince, NotWorking);

    /// <summary>All that the verdict on the chain's feed is found from, of one moment.</summary>
    internal FeedState ReadFeed()
    {
        long working = Volatile.Read(ref _workingSince);
        lock (_lock)
        {
            return new FeedState
            {
                Head = _highestHead,
                Lag = LagLocked(),
                LowestHead = _lowestHead,
                Announced = _push == PushState.Subscribed ? _announced : -1,
                Connected = _connected,
                HadEvent = _hadEvent,
                Unread = Restart is null && RecentErrorLocked() is not null,
                SinceRead = _time.GetElapsedTime(_readAt),
                SinceAnswer = _time.GetElapsedTime(_answeredAt),
                Uncommitted = IsBehindLocked() ? _time.GetElapsedTime(Math.Max(_lastCommitAt, _behindSince)) : TimeSpan.Zero,
                Mute = MuteLocked(),
                Missed = MissedLocked(),
                Working = working == NotWorking ? TimeSpan.Zero : _time.GetElapsedTime(working),
            };
        }
    }

    /// <summary>How long it has been known that there is more than what is read; counted anew from every block that is read, and from the first look that finds some more.</summary>
    /// <param name="height">The highest head that anybody tells of now.</param>
    internal TimeSpan OwedAt(long height)
    {
        lock (_lock)
        {
            if (height <= _highestHead)
            {
                _owedSince = null;
                return TimeSpan.Zero;
            }

            long since = _owedSince ??= _time.GetTimestamp();
            return _time.GetElapsedTime(since);
        }
    }

    /// <summary>What the contracts of the chain's tokens said of themselves, on an instance that has led the chain; empty where they were not asked yet.</summary>
    public IReadOnlyList<TokenMetadata> Tokens => Volatile.Read(ref _tokens);

    /// <summary>Takes in what the contracts of the chain's tokens said of themselves.</summary>
    public void SawTokens(IReadOnlyList<TokenMetadata> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        Volatile.Write(ref _tokens, tokens);
    }

    /// <summary>How the reconciliation of the chain stands, on the instance that leads it.</summary>
    public ReconciliationStatus Reconciliation => Volatile.Read(ref _reconciliation);

    /// <summary>How long ago the last reconciliation ended; <see langword="null"/> where none is known.</summary>
    public TimeSpan? TimeSinceReconciliation => _time.GetUtcNow() - Reconciliation.Last?.EndedAt;

    /// <summary>A reconciliation moved on, or ended.</summary>
    internal void Reconciled(ReconciliationStatus status) => Volatile.Write(ref _reconciliation, status);

    /// <summary>What starts the chain's source anew; set by the follower while it follows.</summary>
    internal Action? Restart { get; set; }

    /// <summary>Starts the chain's source anew, where it is followed here.</summary>
    internal void RestartSource() => Restart?.Invoke();

    private void EndPushesLocked()
    {
        if (_push == PushState.Subscribed)
        {
            _muteBefore += _time.GetElapsedTime(_muteSince);
            _missedBefore = MissedLocked();
        }
    }

    /// <summary>How long subscribed pushes have delivered nothing, while the chain grew; <see langword="null"/> where nothing was missed.</summary>
    private TimeSpan? MuteLocked() =>
        _push == PushState.Subscribed && _unannouncedSince is { } since && _time.GetElapsedTime(since) > PushGrace
            ? _muteBefore + _time.GetElapsedTime(_muteSince)
            : null;

    /// <summary>For how long blocks have come that were not announced: one that nobody announced says little, however long none has come since.</summary>
    private TimeSpan MissedLocked() => _missedBefore + (_unannouncedSince is { } since ? _time.GetElapsedTime(since, _unannouncedUntil) : TimeSpan.Zero);

    /// <summary>Before the first commit there is one to make as soon as there is a head, unless the source says that it is to begin later.</summary>
    private bool IsBehindLocked() => _loaded && _head is { } head && (_cursor is { } cursor ? head.Height > cursor.Height : !_idle);

    private long LagLocked() => _head is { } head && _cursor is { } cursor ? Math.Max(0, head.Height - cursor.Height) : 0;

    private string? RecentErrorLocked() => _lastError is not null && _time.GetElapsedTime(_lastErrorAt) < ErrorMemory ? _lastError : null;
}
