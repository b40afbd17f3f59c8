namespace ChainWatch;

/// <summary>An endpoint serves another chain than it is configured for. It is not used, and a person must look.</summary>
public sealed class EndpointRefusedException : ChainWatchException
{
    /// <summary>Creates the exception with a message that names the endpoint, what was expected and what it said.</summary>
    public EndpointRefusedException(string message)
        : base(message)
    {
    }
}
