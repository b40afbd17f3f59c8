using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>The log events of hosting and health: ids 6000 to 6999.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(EventId = 6000, EventName = "Starting", Level = LogLevel.Information, Message = "Instance {Instance} watches {Chains}; store {Store}, {Handlers} handlers")]
    public static partial void Starting(ILogger logger, string instance, string chains, string store, int handlers);

    [LoggerMessage(EventId = 6001, EventName = "ProcessEnding", Level = LogLevel.Critical, Message = "The process ends itself with exit code {ExitCode}: {Reason}")]
    public static partial void ProcessEnding(ILogger logger, int exitCode, string reason);

    [LoggerMessage(EventId = 6002, EventName = "StoreNotReady", Level = LogLevel.Error, Message = "The store could not be made ready; it is tried again in {Wait}")]
    public static partial void StoreNotReady(ILogger logger, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 6003, EventName = "AddressesRegistered", Level = LogLevel.Information, Message = "{Count} addresses of the configuration are watched on {Chain}, {Added} of them new")]
    public static partial void AddressesRegistered(ILogger logger, string chain, int count, int added);

    [LoggerMessage(EventId = 6004, EventName = "NoHandler", Level = LogLevel.Warning, Message = "No payment handler is added: events are recorded, and nobody is told. Add one with AddPaymentHandler")]
    public static partial void NoHandler(ILogger logger);

    [LoggerMessage(EventId = 6005, EventName = "StationFailed", Level = LogLevel.Error, Message = "A station of ChainWatch failed ({Station}); it is started anew in {Wait}")]
    public static partial void StationFailed(ILogger logger, string station, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 6010, EventName = "ChainHealthy", Level = LogLevel.Information, Message = "Chain {Chain} is healthy")]
    public static partial void ChainHealthy(ILogger logger, string chain);

    [LoggerMessage(EventId = 6011, EventName = "ChainDegraded", Level = LogLevel.Warning, Message = "Chain {Chain} is degraded: {Reason}")]
    public static partial void ChainDegraded(ILogger logger, string chain, string? reason);

    [LoggerMessage(EventId = 6012, EventName = "ChainFailing", Level = LogLevel.Error, Message = "Chain {Chain} is failing: {Reason}")]
    public static partial void ChainFailing(ILogger logger, string chain, string? reason);
}
