using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>Tells single requests to endpoints, each with an id of its own in this process: in the log at level Debug, and as spans. While nobody listens, nothing is made.</summary>
internal static partial class EndpointRequestLog
{
    private static long s_lastId;

    /// <summary>A request has come to its end.</summary>
    public static void Completed(ILogger logger, string chain, string endpoint, string method, EndpointError? error, TimeSpan duration)
    {
        long id = Interlocked.Increment(ref s_lastId);
        ChainWatchTracing.Requested(chain, endpoint, method, id, error, duration);
        if (!logger.IsEnabled(LogLevel.Debug))
        {
            return;
        }

        if (error is null)
        {
            Answered(logger, chain, endpoint, id, method, duration.TotalMilliseconds);
        }
        else
        {
            Failed(logger, chain, endpoint, id, method, duration.TotalMilliseconds, error.Kind, error.Message);
        }
    }

    [LoggerMessage(2050, LogLevel.Debug, "Chain {Chain}, endpoint {Endpoint}: request {RequestId}, {Method}, was answered in {Duration} ms", EventName = "EndpointAnswered")]
    private static partial void Answered(ILogger logger, string chain, string endpoint, long requestId, string method, double duration);

    [LoggerMessage(2051, LogLevel.Debug, "Chain {Chain}, endpoint {Endpoint}: request {RequestId}, {Method}, failed in {Duration} ms ({Kind}): {Reason}", EventName = "EndpointRequestFailed")]
    private static partial void Failed(ILogger logger, string chain, string endpoint, long requestId, string method, double duration, EndpointErrorKind kind, string reason);
}
