namespace ChainWatch;

/// <summary>The base of every exception that ChainWatch defines.</summary>
public class ChainWatchException : Exception
{
    /// <summary>Creates the exception with a message that says what, where and what to do.</summary>
    public ChainWatchException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message that says what, where and what to do, and with its cause.</summary>
    public ChainWatchException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
