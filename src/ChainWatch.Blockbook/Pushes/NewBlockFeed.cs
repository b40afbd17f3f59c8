namespace ChainWatch.Blockbook;

/// <summary>Wakes whoever waits for the next block when a server announces one. An announcement is a wake-up and never data.</summary>
internal sealed class NewBlockFeed
{
    private readonly ChainStatus? _status;
    private readonly Lock _lock = new();
    private TaskCompletionSource<ChainPoint?> _next = Create();
    private ChainPoint? _missed;
    private int _waiting;

    /// <param name="status">Where it is recorded whether there are announcements.</param>
    public NewBlockFeed(ChainStatus? status = null)
    {
        _status = status;
    }

    /// <summary>A server took the subscription.</summary>
    public void Subscribed() => _status?.PushesSubscribed();

    /// <summary>A server's connection ended, and its announcements with it.</summary>
    public void Lost(string reason) => _status?.PushesFailed(reason);

    public void Announce(ChainPoint point)
    {
        // One connection of several may have ended since; this one goes on.
        _status?.PushesSubscribed();
        _status?.PushAnnounced(point.Height);
        TaskCompletionSource<ChainPoint?> reached;
        lock (_lock)
        {
            reached = _next;
            _next = Create();
            _missed = _waiting == 0 ? point : null;
            _waiting = 0;
        }

        reached.TrySetResult(point);
    }

    /// <summary>Completes at the next announcement, or at once when one came since the last wait.</summary>
    public ValueTask<ChainPoint?> WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_missed is { } missed)
            {
                _missed = null;
                return new ValueTask<ChainPoint?>(missed);
            }

            _waiting++;
            return new ValueTask<ChainPoint?>(_next.Task.WaitAsync(cancellationToken));
        }
    }

    private static TaskCompletionSource<ChainPoint?> Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
