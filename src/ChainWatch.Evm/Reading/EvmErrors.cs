using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace ChainWatch.Evm;

/// <summary>
/// Translates what EVM nodes and providers say into the one vocabulary. Codes are overloaded (-32005 alone means four things), so the text is looked at first. The order
/// of the rules matters.
/// </summary>
internal static partial class EvmErrors
{
    private static readonly string[] AuthTexts =
        ["unauthorized", "must be authenticated", "access key", "token is invalid", "invalid api key", "invalid project id", "invalid token", "another chain", "forbidden"];

    private static readonly string[] LagTexts =
        ["beyond current head", "greater than latest", "height must be less than or equal", "from block is greater than", "is after last accepted block"];

    private static readonly string[] AddressTexts = ["specify less number of address", "addresses or topics", "too many addresses", "exceed max addresses", "max addresses"];

    private static readonly string[] RangeTexts =
    [
        "try with this block range", "this block range should work", "block range is too", "block range too", "block range limit", "range too large", "range is too large",
        "too wide", "exceeds the range", "exceed the range", "max block range", "max range", "maximum block range", "maximum range", "maximum allowed range", "block range exceeds",
        "range exceeds limit", "ranges over", "limited to a", "limit the query to at most", "returned more than", "exceeds max results", "logs matched by query exceeds limit",
        "query exceeds limit", "query exceeds max", "response too large", "response size", "response is too big", "too many results", "too many logs", "too many blocks",
        "blocks distance", "block range of", "log response size exceeded", "content-length limit", "request entity too large",
    ];

    private static readonly string[] QuotaTexts = ["monthly capacity", "monthly limit", "monthly quota", "daily request", "daily limit", "daily quota", "free tier", "current plan", "/billing", "out of credits", "payment required"];

    private static readonly string[] RateTexts =
        ["rate limit", "rate-limit", "ratelimit", "too many requests", "request limit reached", "under too much load", "request rate", "per second", "throughput", "exceeded", "slow down", "error code: 1015"];

    private static readonly string[] TagTexts = ["finalized block not found", "safe block not found", "is not a supported", "unknown block tag", "invalid block tag", "unsupported block tag"];

    private static readonly string[] MissingTexts =
    [
        "header not found", "header for hash not found", "unknown block", "block not found", "blockhash cannot be found", "missing trie node", "historical state", "pruned", "could not find block",
        "resource not found", "not available for block", "genesis is not traceable", "block does not exist",
    ];

    private static readonly string[] UnsupportedTexts =
    [
        "method not found", "does not exist/is not available", "method is not available", "method not available", "is not available on", "is disabled", "not whitelisted", "not implemented",
        "not supported", "unsupported method", "not enabled", "method not allowed", "is not allowed", "unknown method",
    ];

    private static readonly string[] OtherUnits = ["result", "log", "mb", "byte", "address", "event", "second", "ms", "topic"];

    private static readonly string[] TransientTexts = ["timed out", "timeout", "no backend", "service unavailable", "temporarily", "internal error", "try again", "overloaded", "bad gateway"];

    private static readonly string[] RevertTexts = ["revert", "vm execution error", "invalid opcode", "invalid jump"];

    private const long Reverted = 3;

    public static EndpointError Classify(JsonRpcFault fault)
    {
        string text = fault.Data.Length == 0 ? fault.Message : $"{fault.Message} {fault.Data}";
        EndpointErrorKind kind = KindOf(fault, text);
        return new EndpointError
        {
            Kind = kind,
            Message = text.Length == 0 ? $"{kind} (code {fault.Code})" : text,
            Code = fault.Code,
            RetryAfter = fault.RetryAfter ?? TryAgainIn(text),
            SuggestedBlocks = kind == EndpointErrorKind.RangeTooLarge ? SuggestedBlocks(text) : null,
        };
    }

    /// <summary>True for an error that is about the number of addresses, which a shorter range does not help.</summary>
    public static bool IsAboutAddresses(EndpointError error) => error.Kind == EndpointErrorKind.RangeTooLarge && Has(error.Message, AddressTexts);

    /// <summary>True for the error of a call that the contract itself refused or broke off.</summary>
    public static bool IsRevert(EndpointError error) => error.Code == Reverted || Has(error.Message, RevertTexts);

    private static EndpointErrorKind KindOf(JsonRpcFault fault, string text)
    {
        int status = (int)fault.Status;
        long code = fault.Code ?? 0;
        if (status is 401 or 403 || Has(text, AuthTexts))
        {
            return EndpointErrorKind.AuthFailed;
        }

        if (Has(text, LagTexts))
        {
            // This node is behind. A shorter range would hide it, not help.
            return EndpointErrorKind.MissingData;
        }

        bool rangeLimit = (Has(text, ["range"]) && Has(text, ["exceeds limit"])) || (Has(text, ["block"]) && Has(text, ["limited to"]));
        if (Has(text, AddressTexts) || Has(text, RangeTexts) || rangeLimit || code == -32614 || status == 413)
        {
            return EndpointErrorKind.RangeTooLarge;
        }

        if (status == 402 || code == 402 || Has(text, QuotaTexts))
        {
            return EndpointErrorKind.QuotaExhausted;
        }

        if (status == 429 || code == 429 || (code is -32005 or -32007 or -32009 or -32029 or -32097 or -32605 or 0 && Has(text, RateTexts)) || Has(text, RateTexts.AsSpan(0, 6)))
        {
            return EndpointErrorKind.RateLimited;
        }

        if (text.Contains("not currently canonical", StringComparison.OrdinalIgnoreCase))
        {
            return EndpointErrorKind.NotCanonical;
        }

        if (Has(text, TagTexts))
        {
            return EndpointErrorKind.Unsupported;
        }

        if (code is -32001 or -39001 or 4444 || Has(text, MissingTexts))
        {
            return EndpointErrorKind.MissingData;
        }

        if (code is -32601 or -32004 or -32612 or -32613 || Has(text, UnsupportedTexts))
        {
            return EndpointErrorKind.Unsupported;
        }

        if (code is -32002 or -32016 or -32017 or -32603 or -32055 || status >= 500 || Has(text, TransientTexts))
        {
            return EndpointErrorKind.Transient;
        }

        return code is -32700 or -32600 or -32602 || fault.Status == HttpStatusCode.UnsupportedMediaType ? EndpointErrorKind.ClientBug : EndpointErrorKind.Transient;
    }

    private static bool Has(string text, ReadOnlySpan<string> any)
    {
        foreach (string one in any)
        {
            if (text.Contains(one, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How many blocks the error says would work. A number of results is no number of blocks.</summary>
    private static long? SuggestedBlocks(string text)
    {
        if (HexRange().Match(text) is { Success: true } hex &&
            long.TryParse(hex.Groups["from"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long from) &&
            long.TryParse(hex.Groups["to"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out long to))
        {
            return to >= from ? to - from + 1 : null;
        }

        if (DecimalRange().Match(text) is { Success: true } range && Number(range.Groups["from"]) is { } first && Number(range.Groups["to"]) is { } last)
        {
            return last >= first ? last - first + 1 : null;
        }

        foreach (Match most in MostBlocks().Matches(text))
        {
            if (Number(most.Groups["number"]) is { } number and > 0 && !Has(most.Groups["unit"].Value, OtherUnits))
            {
                return number;
            }
        }

        return null;
    }

    private static TimeSpan? TryAgainIn(string text) =>
        TryAgain().Match(text) is { Success: true } match && double.TryParse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            ? TimeSpan.FromMilliseconds(Math.Min(value * (match.Groups["unit"].ValueSpan.StartsWith("ms", StringComparison.OrdinalIgnoreCase) ? 1 : 1000), 3_600_000))
            : null;

    private static long? Number(Group group) =>
        long.TryParse(group.Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    [GeneratedRegex(@"\[\s*""?0x(?<from>[0-9a-f]+)""?\s*,\s*""?0x(?<to>[0-9a-f]+)""?\s*\]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex HexRange();

    [GeneratedRegex(@"with the range (?<from>\d+)\s*-\s*(?<to>\d+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex DecimalRange();

    [GeneratedRegex(
        @"(block range|max range|maximum range|allowed range|ranges over|limited to|at most|up to|exceeds limit of|allowed for your plan|limit of)[^0-9\[]{0,24}?(?<number>[0-9][0-9,]*)\s*(?<unit>[a-z]*)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex MostBlocks();

    [GeneratedRegex(@"try_again_in[""':\s]+(?<number>[0-9.]+)\s*(?<unit>ms|s)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex TryAgain();
}
