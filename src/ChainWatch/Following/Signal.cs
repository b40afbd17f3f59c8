namespace ChainWatch;

/// <summary>Tells waiters in this process that something happened. It only saves time: whoever waits also looks by itself now and then.</summary>
internal sealed class Signal
{
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _waiters = [];
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
        TaskCompletionSource[] waiters;
        lock (_lock)
        {
            _version++;
            waiters = [.. _waiters];
            _waiters.Clear();
        }

        foreach (TaskCompletionSource waiter in waiters)
        {
            waiter.TrySetResult();
        }
    }

    /// <summary>Waits until it is pulsed again, or for a time.</summary>
    public async Task WaitAsync(long seenVersion, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        // Each waiter has a source of its own, awaited directly: who pulses never runs what waits, and nothing hops to the thread pool, as Task.WhenAny would.
        TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_version != seenVersion)
            {
                return;
            }

            _waiters.Add(waiter);
        }

        try
        {
            await using ITimer timer = time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter, atMost, Timeout.InfiniteTimeSpan);
            await using CancellationTokenRegistration registration = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
            await waiter.Task;
        }
        finally
        {
            lock (_lock)
            {
                _waiters.Remove(waiter);
            }
        }
    }
}
