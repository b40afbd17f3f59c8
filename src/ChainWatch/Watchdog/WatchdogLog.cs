using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>The log events of the watchdog: ids 5000 to 5999.</summary>
internal static partial class WatchdogLog
{
    [LoggerMessage(EventId = 5001, EventName = "FeedSilent", Level = LogLevel.Error, Message = "{Chain} is failing ({Verdict}): {Reason}")]
    public static partial void FeedSilent(ILogger logger, string chain, string? verdict, string? reason);

    [LoggerMessage(EventId = 5002, EventName = "FeedAlive", Level = LogLevel.Information, Message = "{Chain} is no longer failing, after {Lasted}")]
    public static partial void FeedAlive(ILogger logger, string chain, TimeSpan lasted);

    [LoggerMessage(EventId = 5003, EventName = "Recovering", Level = LogLevel.Warning, Message = "{Chain} has been silent for {Silence}; tried now: {Step}")]
    public static partial void Recovering(ILogger logger, string chain, TimeSpan silence, string step);

    [LoggerMessage(EventId = 5004, EventName = "FailingFast", Level = LogLevel.Critical, Message = "The process ends itself, to be started anew: {Reason}")]
    public static partial void FailingFast(ILogger logger, string reason);

    [LoggerMessage(EventId = 5005, EventName = "WatchdogLookFailed", Level = LogLevel.Error, Message = "A look of the watchdog failed; it goes on")]
    public static partial void LookFailed(ILogger logger, Exception exception);
}
