using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>The log events of hosting and health: ids 7000 to 7999.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(EventId = 7000, EventName = "Starting", Level = LogLevel.Information, Message = "Instance {Instance} watches {Chains}; store {Store}, {Handlers} handlers")]
    public static partial void Starting(ILogger logger, string instance, string chains, string store, int handlers);

    [LoggerMessage(EventId = 7001, EventName = "ProcessEnding", Level = LogLevel.Critical, Message = "The process ends itself with exit code {ExitCode}: {Reason}")]
    public static partial void ProcessEnding(ILogger logger, int exitCode, string reason);

    [LoggerMessage(EventId = 7002, EventName = "StoreNotReady", Level = LogLevel.Error, Message = "The store could not be made ready; it is tried again in {Wait}")]
    public static partial void StoreNotReady(ILogger logger, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 7003, EventName = "AddressesRegistered", Level = LogLevel.Information, Message = "{Count} addresses of the configuration are watched on {Chain}, {Added} of them new")]
    public static partial void AddressesRegistered(ILogger logger, string chain, int count, int added);

    [LoggerMessage(EventId = 7004, EventName = "NoHandler", Level = LogLevel.Warning, Message = "No payment handler is added on this instance: events are recorded, and only an instance that has one is told. Add one with AddPaymentHandler")]
    public static partial void NoHandler(ILogger logger);

    [LoggerMessage(EventId = 7005, EventName = "StationFailed", Level = LogLevel.Error, Message = "A station of ChainWatch failed ({Station}); it is started anew in {Wait}")]
    public static partial void StationFailed(ILogger logger, string station, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 7010, EventName = "ChainHealthy", Level = LogLevel.Information, Message = "Chain {Chain} is healthy")]
    public static partial void ChainHealthy(ILogger logger, string chain);

    [LoggerMessage(EventId = 7011, EventName = "ChainDegraded", Level = LogLevel.Warning, Message = "Chain {Chain} is degraded: {Reason}")]
    public static partial void ChainDegraded(ILogger logger, string chain, string? reason);
}
