namespace ChainWatch.Xrpl;

/// <summary>Translates what rippled and Clio say into the one vocabulary.</summary>
internal static class XrplErrors
{
    public static EndpointErrorKind KindOf(string? error) => error switch
    {
        "slowDown" or "threshold exceeded" => EndpointErrorKind.RateLimited,
        "lgrNotFound" or "lgrIdxMalformed" or "lgrIdxsInvalid" or "lgrNotValidated" or "txnNotFound" or "ledgerNotFound" => EndpointErrorKind.MissingData,
        "noPermission" or "forbidden" => EndpointErrorKind.AuthFailed,
        "unknownCmd" or "notEnabled" or "notSupported" or "reportingUnsupported" or "invalid_API_version" => EndpointErrorKind.Unsupported,
        "actMalformed" or "invalidParams" or "malformedAddress" or "jsonInvalid" or "missingCommand" or "badSyntax" or "malformedRequest" => EndpointErrorKind.ClientBug,

        // tooBusy, noNetwork, noCurrent, noClosed, notReady, notSynced, internal, amendmentBlocked, unlBlocked, failedToForward, and what is new: another server may do better.
        _ => EndpointErrorKind.Transient,
    };

    public static EndpointError ToError(EndpointClient client, string command, in Message message)
    {
        string error = message.Error ?? "an error without a name";
        return new EndpointError
        {
            Kind = KindOf(message.Error),
            Code = message.ErrorCode,
            Message = client.Redact(message.ErrorText is null
                ? $"endpoint '{client.Name}', {command}: {error}"
                : $"endpoint '{client.Name}', {command}: {error} ({message.ErrorText})"),
        };
    }

    /// <summary>What the end of a connection means. A server that drops a client says why in the reason of the close.</summary>
    public static EndpointError ToError(EndpointClient client, string? closeReason)
    {
        string reason = closeReason ?? "";
        EndpointErrorKind kind =
            reason.Contains("threshold", StringComparison.OrdinalIgnoreCase) ? EndpointErrorKind.RateLimited
            : reason.Contains("too slow", StringComparison.OrdinalIgnoreCase) ? EndpointErrorKind.SlowConsumer
            : EndpointErrorKind.Transient;
        return new EndpointError
        {
            Kind = kind,
            Message = client.Redact($"endpoint '{client.Name}': the connection ended{(reason.Length == 0 ? "" : $" ({reason})")}"),
        };
    }
}
