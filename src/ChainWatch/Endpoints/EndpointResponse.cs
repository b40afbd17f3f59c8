using System.Net;

namespace ChainWatch;

/// <summary>An endpoint's whole answer.</summary>
public sealed class EndpointResponse
{
    private PooledBytes? _body;

    internal EndpointResponse(HttpStatusCode status, PooledBytes body, TimeSpan? retryAfter)
    {
        Status = status;
        _body = body;
        RetryAfter = retryAfter;
    }

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => (_body ?? throw new InvalidOperationException("The body was taken.")).Memory;

    /// <summary>How long the endpoint asked to be left alone, by <c>Retry-After</c> in seconds or as a date.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Takes the body over: who takes it disposes it.</summary>
    public PooledBytes TakeBody() => Interlocked.Exchange(ref _body, null) ?? throw new InvalidOperationException("The body was taken.");

    internal void Release() => Interlocked.Exchange(ref _body, null)?.Dispose();
}
