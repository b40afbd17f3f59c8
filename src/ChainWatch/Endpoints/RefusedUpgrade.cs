using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace ChainWatch;

/// <summary>What it means that a server answered the request for a WebSocket with something else, in the one vocabulary.</summary>
internal static class RefusedUpgrade
{
    /// <summary>Translates the answer.</summary>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="headers">The answer's headers, where they are known.</param>
    /// <param name="now">The time, for a server that names the moment to come back.</param>
    public static EndpointError ToError(string endpoint, HttpStatusCode status, IReadOnlyDictionary<string, IEnumerable<string>>? headers, DateTimeOffset now)
    {
        EndpointErrorKind kind = KindOf((int)status);
        string meaning = kind switch
        {
            EndpointErrorKind.AuthFailed => "its key, or the address it is asked from, is not let in",
            EndpointErrorKind.QuotaExhausted => "what was paid for is used up",
            EndpointErrorKind.RateLimited => "it was asked too often",
            EndpointErrorKind.Transient => "the server is not ready",
            _ => "there is no WebSocket at its URL, or a proxy on the way does not pass the upgrade on",
        };
        return new EndpointError
        {
            Kind = kind,
            Code = (int)status,
            RetryAfter = RetryAfterOf(headers, now),
            NoConnection = true,
            Message = string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint}' refused to open a WebSocket with HTTP {(int)status}: {meaning}"),
        };
    }

    private static EndpointErrorKind KindOf(int status) => status switch
    {
        401 or 403 or 407 => EndpointErrorKind.AuthFailed,
        402 => EndpointErrorKind.QuotaExhausted,
        429 => EndpointErrorKind.RateLimited,

        // A page, a redirect, a path or an upgrade that the server does not have.
        < 400 or 404 or 405 or 410 or 426 or 501 => EndpointErrorKind.Unsupported,
        408 or 425 or >= 500 => EndpointErrorKind.Transient,
        _ => EndpointErrorKind.ClientBug,
    };

    private static TimeSpan? RetryAfterOf(IReadOnlyDictionary<string, IEnumerable<string>>? headers, DateTimeOffset now)
    {
        if (headers is null || !headers.TryGetValue("Retry-After", out IEnumerable<string>? values) || !RetryConditionHeaderValue.TryParse(values.FirstOrDefault(), out RetryConditionHeaderValue? header))
        {
            return null;
        }

        TimeSpan? wait = header.Delta ?? (header.Date is { } date ? date - now : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
