namespace ChainWatch.Testing;

/// <summary>Code under a <see cref="DeterministicScheduler"/> loops without end, waits for what never comes, or left the scheduler's thread.</summary>
public sealed class DeterministicSchedulerException : ChainWatchException
{
    /// <summary>Creates the exception.</summary>
    public DeterministicSchedulerException(string message)
        : base(message)
    {
    }
}
