namespace ChainWatch;

/// <summary>Tells waiters in this process that something happened. It only saves time: whoever waits also looks by itself now and then.</summary>
internal sealed class Signal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;

    /// <summary>How often it was pulsed. Read it before looking, and hand it to the wait: what happens between the two is not missed.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    public void Pulse()
    {
        TaskCompletionSource reached;
        lock (_lock)
        {
            _version++;
            reached = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        reached.SetResult();
    }

    /// <summary>Waits until it is pulsed again, or for a time.</summary>
    public async Task WaitAsync(long seenVersion, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        Task pulsed;
        lock (_lock)
        {
            if (_version != seenVersion)
            {
                return;
            }

            pulsed = _next.Task;
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(pulsed, Task.Delay(atMost, time, stop.Token));
        cancellationToken.ThrowIfCancellationRequested();
        stop.CancelNow();
    }
}
