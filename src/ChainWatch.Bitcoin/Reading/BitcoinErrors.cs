using System.Net;

namespace ChainWatch.Bitcoin;

/// <summary>
/// Translates what nodes say into the one vocabulary. Sources: Bitcoin Core <c>src/rpc/protocol.h</c>, <c>src/rpc/blockchain.cpp</c>, <c>src/httprpc.cpp</c>; bcoin <c>lib/node/rpc.js</c>.
/// The code -1 stands for whatever has no code of its own, so there the text decides.
/// </summary>
internal static class BitcoinErrors
{
    private const long Misc = -1;
    private const long NotFound = -5;
    private const long OutOfMemory = -7;
    private const long InvalidParameter = -8;
    private const long InitialDownload = -10;
    private const long Database = -20;
    private const long WarmingUp = -28;
    private const long LimitExceeded = -37;
    private const long MethodNotFound = -32601;

    private static readonly string[] MissingTexts = ["not found", "pruned", "not available", "not fully downloaded", "not on disk"];
    private static readonly string[] BusyTexts = ["work queue depth exceeded", "too many requests", "rate limit"];

    public static EndpointError Classify(JsonRpcFault fault)
    {
        EndpointErrorKind kind = KindOf(fault);
        string text = fault.Message.Length > 0 ? fault.Message : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kind} (code {fault.Code})");
        return new EndpointError
        {
            Kind = kind,
            Message = kind switch
            {
                EndpointErrorKind.AuthFailed when fault.Status == HttpStatusCode.Unauthorized => $"the node refuses user and password (those in Url, or in CredentialsFile): {text}",
                EndpointErrorKind.AuthFailed => $"the node refuses this address or user (rpcallowip, rpcwhitelist): {text}",
                _ => text,
            },
            Code = fault.Code,
            RetryAfter = fault.RetryAfter,
        };
    }

    private static EndpointErrorKind KindOf(JsonRpcFault fault)
    {
        if (fault.Code is null)
        {
            return (int)fault.Status switch
            {
                401 or 403 => EndpointErrorKind.AuthFailed,
                402 => EndpointErrorKind.QuotaExhausted,
                404 or 405 => EndpointErrorKind.Unsupported,
                413 => EndpointErrorKind.RangeTooLarge,
                429 => EndpointErrorKind.RateLimited,
                503 when Has(fault.Message, BusyTexts) => EndpointErrorKind.RateLimited,
                >= 400 and < 500 => EndpointErrorKind.ClientBug,
                _ => EndpointErrorKind.Transient,
            };
        }

        return fault.Code switch
        {
            WarmingUp or InitialDownload or OutOfMemory or Database or LimitExceeded => EndpointErrorKind.Transient,
            MethodNotFound => EndpointErrorKind.Unsupported,
            NotFound => EndpointErrorKind.MissingData,
            Misc when Has(fault.Message, MissingTexts) => EndpointErrorKind.MissingData,
            InvalidParameter when fault.Message.Contains("out of range", StringComparison.OrdinalIgnoreCase) => EndpointErrorKind.NotYet,
            InvalidParameter when fault.Message.Contains("already in progress", StringComparison.OrdinalIgnoreCase) => EndpointErrorKind.RateLimited,
            _ when Has(fault.Message, BusyTexts) => EndpointErrorKind.RateLimited,
            -32700 or -32600 or -32602 or -3 or -22 or InvalidParameter => EndpointErrorKind.ClientBug,
            _ when fault.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => EndpointErrorKind.AuthFailed,
            Misc => EndpointErrorKind.ClientBug,
            _ => EndpointErrorKind.Transient,
        };
    }

    private static bool Has(string text, string[] any) => any.Any(one => text.Contains(one, StringComparison.OrdinalIgnoreCase));
}
