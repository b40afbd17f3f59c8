using Microsoft.Extensions.Logging;

namespace ChainWatch.Postgres;

/// <summary>What leadership by PostgreSQL tells the log. Event ids from 4100.</summary>
internal static partial class LeadershipLog
{
    [LoggerMessage(EventId = 4101, EventName = "LeadershipWaiting", Level = LogLevel.Information, Message = "Scope {Scope} is led by {Holder}; this instance stands by")]
    public static partial void Waiting(ILogger logger, string scope, string holder);

    [LoggerMessage(EventId = 4102, EventName = "LeadershipServerNotReached", Level = LogLevel.Warning, Message = "PostgreSQL cannot be reached to stand for the leadership of {Scope}; next try within {Wait}")]
    public static partial void ServerNotReached(ILogger logger, string scope, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 4103, EventName = "LeadershipSessionEnded", Level = LogLevel.Warning, Message = "The session that held scope {Scope} in term {Term} has ended")]
    public static partial void SessionEnded(ILogger logger, string scope, long term, Exception exception);

    [LoggerMessage(EventId = 4104, EventName = "LeadershipDeadlinePassed", Level = LogLevel.Warning, Message = "No heartbeat of scope {Scope} in term {Term} came back in time for a lease of {Lease}; this instance stops leading")]
    public static partial void DeadlinePassed(ILogger logger, string scope, long term, TimeSpan lease);

    [LoggerMessage(EventId = 4105, EventName = "StuckWriterEnded", Level = LogLevel.Warning, Message = "A write of the last leader held up the new term longer than writes may take; its session was ended")]
    public static partial void StuckWriterEnded(ILogger logger);
}
