using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>The log events of delivery: ids 6000 to 6999.</summary>
internal static partial class DeliveryLog
{
    [LoggerMessage(EventId = 6001, EventName = "DeliveryFailed", Level = LogLevel.Warning,
        Message = "Delivery of event {Sequence} ({Chain} {TransactionId}/{Ordinal}) failed at attempt {Attempt}; tried again in {Wait}: {Error}")]
    public static partial void Failed(ILogger logger, string chain, string transactionId, long ordinal, long sequence, int attempt, TimeSpan wait, string error);

    [LoggerMessage(EventId = 6002, EventName = "DeliveryParked", Level = LogLevel.Error,
        Message = "Event {Sequence} ({Chain} {TransactionId}/{Ordinal}) is parked after {Attempt} attempts and waits, with all later events of its payment, for a replay: {Error}")]
    public static partial void Parked(ILogger logger, string chain, string transactionId, long ordinal, long sequence, int attempt, string error);

    [LoggerMessage(EventId = 6003, EventName = "OutboxFailed", Level = LogLevel.Error, Message = "The outbox could not be read; tried again in {Wait}")]
    public static partial void OutboxFailed(ILogger logger, TimeSpan wait, Exception exception);

    [LoggerMessage(EventId = 6004, EventName = "DeliveryAnswerFailed", Level = LogLevel.Error, Message = "The store did not take the answer to event {Sequence} of {Chain}; the event will be delivered again")]
    public static partial void AnswerFailed(ILogger logger, string chain, long sequence, Exception exception);

    [LoggerMessage(EventId = 6005, EventName = "HandlersBlocked", Level = LogLevel.Error,
        Message = "{Blocked} handlers block their threads and were given up on after {HandlerTimeout}; no more events are delivered here until some of them end. Look for a synchronous wait without an end in the handler")]
    public static partial void HandlersBlocked(ILogger logger, int blocked, TimeSpan handlerTimeout);
}
