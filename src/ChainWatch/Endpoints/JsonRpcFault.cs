using System.Net;

namespace ChainWatch;

/// <summary>What a JSON-RPC endpoint said instead of a result. A chain family translates it into an <see cref="EndpointError"/>.</summary>
public sealed class JsonRpcFault
{
    /// <summary>The method that was called; the first one's for a whole batch.</summary>
    public required string Method { get; init; }

    /// <summary>The HTTP status.</summary>
    public required HttpStatusCode Status { get; init; }

    /// <summary>The error's code; <see langword="null"/> where the body held no JSON-RPC error.</summary>
    public long? Code { get; init; }

    /// <summary>The error's message, or the beginning of a body that is no JSON-RPC. It may hold keys.</summary>
    public string Message { get; init; } = "";

    /// <summary>The error's data as raw JSON; empty where there is none. It may hold keys.</summary>
    public string Data { get; init; } = "";

    /// <summary>How long the endpoint asked to be left alone, by its HTTP header.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
