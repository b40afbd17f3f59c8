using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>What leading and standing by tell the log. Event ids from 4000.</summary>
internal static partial class LeadershipLog
{
    [LoggerMessage(EventId = 4001, EventName = "LeadershipAcquired", Level = LogLevel.Information, Message = "This instance leads {Scope} in term {Term}")]
    public static partial void Acquired(ILogger logger, string scope, long term);

    [LoggerMessage(EventId = 4002, EventName = "LeadershipLost", Level = LogLevel.Warning, Message = "This instance no longer leads {Scope}; its term was {Term}")]
    public static partial void Lost(ILogger logger, string scope, long term);

    [LoggerMessage(EventId = 4003, EventName = "LeadershipHandedOver", Level = LogLevel.Information, Message = "This instance has handed {Scope} over; its term was {Term}")]
    public static partial void HandedOver(ILogger logger, string scope, long term);

    [LoggerMessage(EventId = 4004, EventName = "LeadershipTakenOver", Level = LogLevel.Information, Message = "{Scope} goes on in term {Term}, {Duration} after it became free for this instance")]
    public static partial void TakenOver(ILogger logger, string scope, long term, TimeSpan duration);

    [LoggerMessage(EventId = 4005, EventName = "StandbyNotReady", Level = LogLevel.Warning, Message = "This instance stands by for {Scope}, but could not lead it now")]
    public static partial void NotReady(ILogger logger, string scope, Exception exception);

    [LoggerMessage(EventId = 4006, EventName = "StoreReplaced", Level = LogLevel.Warning, Message = "The store of {Scope} is not the one of the last commit any more: everything above block {Height} is verified against the chain before anything else is written")]
    public static partial void StoreReplaced(ILogger logger, string scope, long height);
}
