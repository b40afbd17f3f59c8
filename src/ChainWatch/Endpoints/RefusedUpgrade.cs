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
    /// <param name="retryAfter">How long the server asked to wait, where it said.</param>
    public static EndpointError ToError(string endpoint, HttpStatusCode status, TimeSpan? retryAfter)
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
            RetryAfter = retryAfter,
            NoConnection = true,
            Message = string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint}' refused to open a WebSocket with HTTP {(int)status}: {meaning}"),
        };
    }

    /// <summary>The header that says when to come back, among those of the answer.</summary>
    public static RetryConditionHeaderValue? RetryAfterOf(IReadOnlyDictionary<string, IEnumerable<string>>? headers) =>
        headers is not null && headers.TryGetValue("Retry-After", out IEnumerable<string>? values) && RetryConditionHeaderValue.TryParse(values.FirstOrDefault(), out RetryConditionHeaderValue? header) ? header : null;

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
}
