namespace ChainWatch;

/// <summary>
/// Something that must never be so is so. Nothing may be written until a person has looked: the process ends with exit code
/// <see cref="ChainWatchExitCode.InvariantViolated"/>.
/// </summary>
public abstract class InvariantViolationException : ChainWatchException
{
    /// <summary>Creates the exception with a message that says what was found, where, and what to do.</summary>
    protected InvariantViolationException(string message)
        : base(message)
    {
    }
}
