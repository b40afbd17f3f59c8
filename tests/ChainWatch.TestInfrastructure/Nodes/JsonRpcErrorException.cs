namespace ChainWatch.TestInfrastructure;

/// <summary>A node answered with an error.</summary>
public sealed class JsonRpcErrorException : Exception
{
    /// <summary>Creates the exception.</summary>
    public JsonRpcErrorException(string method, int code, string message, Exception? inner = null)
        : base($"{method}: {code} {message}", inner)
    {
        Code = code;
    }

    /// <summary>The error's code.</summary>
    public int Code { get; }
}
