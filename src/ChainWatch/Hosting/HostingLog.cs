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

    [LoggerMessage(EventId = 7006, EventName = "Stopping", Level = LogLevel.Information, Message = "The host stops: this instance is no longer ready, takes no more blocks, and hands over what it leads")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(EventId = 7007, EventName = "ShutdownHangs", Level = LogLevel.Critical, Message = "The host did not come to its end within {Timeout} (FailFast:ExitTimeout); the process is ended, with exit code {ExitCode}")]
    public static partial void ShutdownHangs(ILogger logger, TimeSpan timeout, int exitCode);

    [LoggerMessage(EventId = 7008, EventName = "UnhandledException", Level = LogLevel.Critical, Message = "An exception was caught by nobody; the host is stopped in order")]
    public static partial void Unhandled(ILogger logger, Exception? exception);

    [LoggerMessage(EventId = 7009, EventName = "UnobservedException", Level = LogLevel.Error, Message = "A task failed that nobody waits for; the process goes on")]
    public static partial void Unobserved(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 7010, EventName = "ChainHealthy", Level = LogLevel.Information, Message = "Chain {Chain} is healthy")]
    public static partial void ChainHealthy(ILogger logger, string chain);

    [LoggerMessage(EventId = 7011, EventName = "ChainDegraded", Level = LogLevel.Warning, Message = "Chain {Chain} is degraded: {Reason}")]
    public static partial void ChainDegraded(ILogger logger, string chain, string? reason);
}
