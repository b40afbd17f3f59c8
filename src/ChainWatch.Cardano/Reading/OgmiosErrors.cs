using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>Translates what Ogmios says into the one vocabulary.</summary>
internal static class OgmiosErrors
{
    public const long NoIntersection = 1000;
    public const long CannotAcquire = 2000;
    public const long AcquiredExpired = 2003;

    public static EndpointErrorKind KindOf(long code) => code switch
    {
        NoIntersection or CannotAcquire => EndpointErrorKind.MissingData,
        2002 or -32601 => EndpointErrorKind.Unsupported,
        -32700 or -32600 or -32602 => EndpointErrorKind.ClientBug,

        // 1001 (interleaved), 2001 (an era changes), 2003 (acquired state expired), -32000 (the node is lost), and what is new: a new connection may do better.
        _ => EndpointErrorKind.Transient,
    };

    /// <summary>Reads the error of an answer.</summary>
    public static EndpointError ToError(EndpointClient client, string method, OgmiosMessage message)
    {
        (long code, string text) = message.Read(static error => (error.GetProperty("code").GetInt64(), error.TryGetProperty("message", out JsonElement said) ? said.ToString() : "no message"));
        return new EndpointError
        {
            Kind = KindOf(code),
            Code = code,
            Message = client.Redact($"endpoint '{client.Name}', {method}: {text} ({code})"),
        };
    }

    /// <summary>What the end of a connection means. A server that lost its node says so in the reason of the close.</summary>
    public static EndpointError ToError(EndpointClient client, string? closeReason) => new()
    {
        Kind = EndpointErrorKind.Transient,
        Message = client.Redact($"endpoint '{client.Name}': the connection ended{(string.IsNullOrEmpty(closeReason) ? "" : $" ({closeReason})")}"),
    };

    /// <summary>An answer that is not what it must be.</summary>
    public static EndpointException Refused(EndpointClient client, string check, string what, Exception? cause = null) => new(
        new EndpointError { Kind = EndpointErrorKind.MissingData, Check = check, Message = client.Redact($"endpoint '{client.Name}' failed the check {check}: {what}") },
        cause);
}
