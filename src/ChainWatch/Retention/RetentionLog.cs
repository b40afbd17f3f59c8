using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>The log events of retention: ids 8000 to 8099.</summary>
internal static partial class RetentionLog
{
    [LoggerMessage(EventId = 8000, EventName = "Pruned", Level = LogLevel.Information, Message = "Of {Chain} went {Blocks} blocks, {Events} events of settled payments, {Coverage} ranges of coverage and {Reconciliations} reconciliations; the store uses {Used} now")]
    public static partial void Pruned(ILogger logger, string chain, long blocks, long events, long coverage, long reconciliations, string used);

    [LoggerMessage(EventId = 8001, EventName = "StoreOverBudget", Level = LogLevel.Warning, Message = "The store uses {Used}, more than the {Threshold} of Retention:DiskThreshold, and nothing of {Chain} is left that may go: give it more room, or allow more to go")]
    public static partial void OverBudget(ILogger logger, string used, string threshold, string chain);

    [LoggerMessage(EventId = 8002, EventName = "PruningFailed", Level = LogLevel.Warning, Message = "Pruning {Chain} failed; it is tried again in {Wait}")]
    public static partial void Failed(ILogger logger, string chain, TimeSpan wait, Exception exception);
}
