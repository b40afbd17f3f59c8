using Microsoft.Extensions.Logging;

namespace ChainWatch.Postgres;

/// <summary>What leadership by PostgreSQL tells the log. Event ids from 4100.</summary>
internal static partial class LeadershipLog
{
    [LoggerMessage(EventId = 4101, EventName = "LeadershipWaiting", Level = LogLevel.Information, Message = "Scope {Scope} is led by {Holder} since {Since} (process {Process} of the server); this instance stands by")]
    public static partial void Waiting(ILogger logger, string scope, LeadershipHolder holder, DateTimeOffset? since, int? process);

    [LoggerMessage(EventId = 4102, EventName = "LeadershipServerNotReached", Level = LogLevel.Warning, Message = "PostgreSQL cannot be reached to stand for the leadership of {Scope}; next try within {Wait}")]
    public static partial void ServerNotReached(ILogger logger, string scope, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 4103, EventName = "LeadershipSessionEnded", Level = LogLevel.Warning, Message = "The session that held scope {Scope} in term {Term} has ended")]
    public static partial void SessionEnded(ILogger logger, string scope, long term, Exception exception);

    [LoggerMessage(EventId = 4104, EventName = "LeadershipDeadlinePassed", Level = LogLevel.Warning, Message = "No heartbeat of scope {Scope} in term {Term} came back in time for a lease of {Lease}; this instance stops leading")]
    public static partial void DeadlinePassed(ILogger logger, string scope, long term, TimeSpan lease);

    [LoggerMessage(EventId = 4105, EventName = "StuckWriterEnded", Level = LogLevel.Warning, Message = "A write of the last leader held up the new term longer than writes may take; its session was ended")]
    public static partial void StuckWriterEnded(ILogger logger);

    [LoggerMessage(EventId = 4106, EventName = "LeadershipHandingOver", Level = LogLevel.Information, Message = "Scope {Scope} is handed to the instance that it falls to among {Members} that are ready")]
    public static partial void HandingOver(ILogger logger, string scope, int members);

    [LoggerMessage(EventId = 4107, EventName = "LeadershipYielded", Level = LogLevel.Debug, Message = "Scope {Scope} is being handed to another instance; this one stands back once")]
    public static partial void Yielded(ILogger logger, string scope);

    [LoggerMessage(EventId = 4108, EventName = "TimelineUnknown", Level = LogLevel.Warning, Message = "The database user may not execute pg_control_system or pg_walfile_name, so a replica that is promoted and lacks the last commits cannot be told from the server before it: grant both to it")]
    public static partial void TimelineUnknown(ILogger logger);
}
