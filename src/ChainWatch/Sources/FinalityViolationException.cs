namespace ChainWatch;

/// <summary>
/// A chain replaced blocks that it had called final. Nothing may be written until a person has looked: the process ends with exit code
/// <see cref="ChainWatchExitCode.InvariantViolated"/>.
/// </summary>
public sealed class FinalityViolationException : InvariantViolationException
{
    /// <summary>Creates the exception with a message that names the chain, the final point and what replaced it.</summary>
    public FinalityViolationException(string message)
        : base(message)
    {
    }
}
