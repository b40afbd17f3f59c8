namespace ChainWatch.Testing;

/// <summary>
/// A group of continuations on a <see cref="DeterministicScheduler"/> that can be killed together, like a process by <c>kill -9</c>: nothing of it ever runs again, no
/// catch and no finally, at whatever await it stood.
/// </summary>
public sealed class SimulatedProcess : SynchronizationContext
{
    private readonly DeterministicScheduler _scheduler;

    internal SimulatedProcess(DeterministicScheduler scheduler, string name)
    {
        _scheduler = scheduler;
        Name = name;
    }

    /// <summary>Its name, for messages.</summary>
    public string Name { get; }

    /// <summary>True once it was killed.</summary>
    public bool IsKilled { get; private set; }

    /// <summary>True while it is paused.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Stops the process where it stands, as by SIGSTOP: the world goes on, and it does not notice until <see cref="Resume"/>.</summary>
    public void Pause() => IsPaused = true;

    /// <summary>Lets a paused process go on.</summary>
    public void Resume() => IsPaused = false;

    /// <summary>Ends the process where it stands.</summary>
    public void Kill()
    {
        IsKilled = true;
        _scheduler.Drop(this);
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);
        _scheduler.Enqueue(this, d, state, checkThread: true);
    }

    /// <summary>Not supported: it would need a second thread.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A deterministic scheduler runs on one thread; post the work, or await it.");

    /// <summary>Itself: a copy would be another process.</summary>
    public override SynchronizationContext CreateCopy() => this;
}
