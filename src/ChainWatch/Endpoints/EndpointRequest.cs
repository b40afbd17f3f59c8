namespace ChainWatch;

/// <summary>One HTTP request to an endpoint.</summary>
public sealed class EndpointRequest
{
    /// <summary>The protocol's method, for metrics: one of a fixed number of names.</summary>
    public required string Method { get; init; }

    /// <summary>The body to post; empty for a GET.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What to append to the endpoint's URL, as in <c>api/v2/block/1</c>; empty for the URL itself.</summary>
    public string Path { get; init; } = "";

    /// <summary>
    /// Looks at the answer, body first and status second, and keeps what it needs of it: the body is given back when this returns. It returns why the answer counts as
    /// no answer, or <see langword="null"/>. It runs once for each attempt.
    /// </summary>
    public required Func<EndpointResponse, EndpointError?> Read { get; init; }

    /// <summary>What the request counts against the endpoint's limits; <see langword="null"/> for what its method counts.</summary>
    internal int? Units { get; init; }

    /// <summary>What to do instead of a request by HTTP: <see cref="EndpointClient.RunAsync"/>.</summary>
    internal Func<CancellationToken, ValueTask<EndpointError?>>? Exchange { get; init; }
}
