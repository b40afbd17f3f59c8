using System.Threading.RateLimiting;

namespace ChainWatch;

/// <summary>A turn at an endpoint, or why there is none. Disposing it lets the next one begin.</summary>
internal sealed class EndpointLease : RateLimitLease
{
    private readonly EndpointRateLimiter? _limiter;
    private int _disposed;

    /// <summary>A turn.</summary>
    public EndpointLease(EndpointRateLimiter limiter)
    {
        _limiter = limiter;
    }

    /// <summary>No turn: sending the request would run into a refusal that is known already.</summary>
    public EndpointLease(EndpointErrorKind refusal, TimeSpan? retryAfter, string reason)
    {
        Refusal = refusal;
        RetryAfter = retryAfter;
        Reason = reason;
    }

    public override bool IsAcquired => _limiter is not null;

    public EndpointErrorKind Refusal { get; }

    public TimeSpan? RetryAfter { get; }

    public string Reason { get; } = "";

    public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name, MetadataName.ReasonPhrase.Name];

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = string.Equals(metadataName, MetadataName.RetryAfter.Name, StringComparison.Ordinal) ? RetryAfter
            : string.Equals(metadataName, MetadataName.ReasonPhrase.Name, StringComparison.Ordinal) && Reason.Length > 0 ? Reason
            : null;
        return metadata is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _limiter?.Release();
        }

        base.Dispose(disposing);
    }
}
