using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>The log events of reconciliation: ids 1100 to 1199.</summary>
internal static partial class ReconciliationLog
{
    [LoggerMessage(EventId = 1100, EventName = "ReconciliationStarted", Level = LogLevel.Information, Message = "Reconciliation {Id} of {Chain} begins, asked for by {By}: {Addresses} addresses, {Done} of them done")]
    public static partial void Started(ILogger logger, long id, string chain, string? by, long addresses, long done);

    [LoggerMessage(EventId = 1101, EventName = "ReconciliationProgress", Level = LogLevel.Information, Message = "Reconciliation {Id} of {Chain}: {Done} of {Addresses} addresses, {Rate:F1} addresses/s, {Left} left")]
    public static partial void Progress(ILogger logger, long id, string chain, long done, long addresses, double rate, TimeSpan left);

    [LoggerMessage(EventId = 1102, EventName = "ReconciliationDone", Level = LogLevel.Information,
        Message = "Reconciliation {Id} of {Chain} is done at block {Height} in {Elapsed}: {Matched} addresses matched, {Mismatched} mismatched, {Missing} missing, {Extra} extra, {Unknown} unknown")]
    public static partial void Done(ILogger logger, long id, string chain, long? height, TimeSpan elapsed, long matched, long mismatched, long missing, long extra, long unknown);

    [LoggerMessage(EventId = 1103, EventName = "ReconciliationFailed", Level = LogLevel.Error, Message = "Reconciliation of {Chain} failed; it goes on where it stopped in {Wait}")]
    public static partial void Failed(ILogger logger, string chain, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 1104, EventName = "DiscrepancyFound", Level = LogLevel.Error,
        Message = "The records of {Chain} differ from the chain ({Kind}): address {Address}, {Asset}, transaction {TransactionId}/{Ordinal}, blocks {From} to {To}, recorded {Recorded}, on the chain {OnChain}. {Details} Repair: {Repair}")]
    public static partial void Found(
        ILogger logger, string chain, DiscrepancyKind kind, string address, string? asset, string? transactionId, long? ordinal, long from, long to, string? recorded, string? onChain, string details, RepairState repair);

    [LoggerMessage(EventId = 1105, EventName = "DifferenceExplained", Level = LogLevel.Information, Message = "A difference on {Chain} is explained ({Kind}): address {Address}, {Asset}, blocks {From} to {To}. {Details}")]
    public static partial void Explained(ILogger logger, string chain, DiscrepancyKind kind, string address, string? asset, long from, long to, string details);

    [LoggerMessage(EventId = 1106, EventName = "DiscrepancyRepaired", Level = LogLevel.Warning, Message = "Repaired on {Chain} ({Kind}): transaction {TransactionId}/{Ordinal}, block {Height}, by reading its block again")]
    public static partial void Repaired(ILogger logger, string chain, DiscrepancyKind kind, string transactionId, long ordinal, long height);

    [LoggerMessage(EventId = 1107, EventName = "ReconciliationHandlerFailed", Level = LogLevel.Error, Message = "{Handler} failed for reconciliation {Id} of {Chain}; it is tried again in {Wait}")]
    public static partial void HandlerFailed(ILogger logger, string handler, long id, string chain, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 1108, EventName = "StateNotRead", Level = LogLevel.Information, Message = "The state of {Chain} at its newest {Point} block ({Height}) could not be read: {Reason}")]
    public static partial void StateNotRead(ILogger logger, string chain, string point, long? height, string? reason);
}
