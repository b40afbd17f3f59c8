namespace ChainWatch;

/// <summary>An endpoint did not answer as asked. It is thrown inside a chain family; a block reader turns it into an answer that says "unknown".</summary>
public sealed class EndpointException : ChainWatchException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="innerException">The cause. Its message may hold a URL, so it must not be shown.</param>
    public EndpointException(EndpointError error, Exception? innerException = null)
        : base(error.Message, innerException)
    {
        Error = error;
    }

    /// <summary>Creates the exception.</summary>
    public EndpointException(EndpointErrorKind kind, string message)
        : this(new EndpointError { Kind = kind, Message = message })
    {
    }

    /// <summary>What went wrong.</summary>
    public EndpointError Error { get; }

    /// <summary>What it means.</summary>
    public EndpointErrorKind Kind => Error.Kind;
}
