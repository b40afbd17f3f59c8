using System.Collections.Concurrent;
using System.Diagnostics;

namespace ChainWatch.Benchmarks;

/// <summary>Notes when requests were under way, to tell for how long none was: a node cannot say itself how long it waited for one.</summary>
internal sealed class RequestsInFlight : IEndpointObserver
{
    private readonly ConcurrentQueue<(long From, long To)> _spans = new();

    /// <summary>When the first request began, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long Began => _spans.Min(static span => span.From);

    public void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration) => Completed(duration);

    public void AnswerRefused(string chain, string endpoint, string check)
    {
    }

    /// <summary>A request has ended that took so long.</summary>
    public void Completed(TimeSpan duration)
    {
        long now = Stopwatch.GetTimestamp();
        _spans.Enqueue((now - (long)(duration.TotalSeconds * Stopwatch.Frequency), now));
    }

    /// <summary>How long there was no request since a time.</summary>
    public TimeSpan NoneSince(long began)
    {
        long none = 0;
        long covered = began;
        foreach ((long from, long to) in _spans.OrderBy(static span => span.From))
        {
            none += Math.Max(0, from - covered);
            covered = Math.Max(covered, to);
        }

        return Stopwatch.GetElapsedTime(0, none + Math.Max(0, Stopwatch.GetTimestamp() - covered));
    }
}
