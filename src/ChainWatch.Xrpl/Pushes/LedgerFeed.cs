namespace ChainWatch.Xrpl;

/// <summary>Wakes whoever waits for the next ledger when a server announces one. An announcement is a wake-up and never data; only the newest matters.</summary>
internal sealed class LedgerFeed
{
    private readonly ChainStatus? _status;
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource<ChainPoint?>> _waiting = [];
    private ChainPoint? _missed;

    /// <param name="status">Where it is recorded whether there are announcements.</param>
    public LedgerFeed(ChainStatus? status = null)
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
        TaskCompletionSource<ChainPoint?>[] waiting;
        lock (_lock)
        {
            waiting = [.. _waiting];
            _waiting.Clear();
            _missed = waiting.Length == 0 ? point : null;
        }

        foreach (TaskCompletionSource<ChainPoint?> one in waiting)
        {
            one.TrySetResult(point);
        }
    }

    /// <summary>Completes at the next announcement, or at once when one came since the last wait.</summary>
    public async ValueTask<ChainPoint?> WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<ChainPoint?> waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_missed is { } missed)
            {
                _missed = null;
                return missed;
            }

            _waiting.Add(waiting);
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken));
        try
        {
            return await waiting.Task;
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(waiting);
            }
        }
    }
}
