namespace ChainWatch.Blockbook;

/// <summary>Translates what Blockbook says, in words alone, into the one vocabulary. Source: Blockbook <c>server/{websocket,public}.go</c>, <c>api/worker.go</c>.</summary>
internal static class BlockbookErrors
{
    public static EndpointErrorKind KindOf(string message) =>
        Has(message, "work_limit") || Has(message, "filters_limit") || Has(message, "rate limit") || Has(message, "too many requests") ? EndpointErrorKind.RateLimited
        : Has(message, "not found") || Has(message, "missing") ? EndpointErrorKind.MissingData
        : Has(message, "not supported") || Has(message, "unsupported") || Has(message, "not implemented") ? EndpointErrorKind.Unsupported
        : Has(message, "addresses max") || Has(message, "too many addresses") ? EndpointErrorKind.RangeTooLarge
        : Has(message, "invalid") || Has(message, "parameter") ? EndpointErrorKind.ClientBug
        : EndpointErrorKind.Transient;

    /// <summary>What a failure by HTTP means: its words first, since Blockbook says "not found" with status 400, and its status second.</summary>
    public static EndpointErrorKind KindOf(int status, string? message) => status switch
    {
        401 or 403 => EndpointErrorKind.AuthFailed,
        402 => EndpointErrorKind.QuotaExhausted,
        429 => EndpointErrorKind.RateLimited,
        404 => EndpointErrorKind.Unsupported,
        405 or 501 => EndpointErrorKind.Unsupported,
        _ when message is not null && KindOf(message) is not EndpointErrorKind.Transient and var kind => kind,
        400 => EndpointErrorKind.ClientBug,
        _ => EndpointErrorKind.Transient,
    };

    private static bool Has(string message, string part) => message.Contains(part, StringComparison.OrdinalIgnoreCase);
}
