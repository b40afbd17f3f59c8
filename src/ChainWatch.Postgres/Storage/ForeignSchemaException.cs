namespace ChainWatch.Postgres;

/// <summary>
/// The schema is not this version's: something else made it, a newer ChainWatch has changed it, or its contents were tampered with. Nothing is written to it; the process
/// ends with exit code <see cref="ChainWatchExitCode.InvariantViolated"/>.
/// </summary>
public sealed class ForeignSchemaException : InvariantViolationException
{
    /// <summary>Creates the exception with a message that says what was found and what to do.</summary>
    public ForeignSchemaException(string message)
        : base(message)
    {
    }
}
