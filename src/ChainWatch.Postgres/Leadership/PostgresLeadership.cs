using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// Leadership by a session that holds the lock. Its loss is noticed at once when the server ends the session, and at the latest when no heartbeat has come back for
/// nine tenths of a lease, by this instance's own monotonic clock: before the server would give the lock to another.
/// </summary>
internal sealed class PostgresLeadership : Leadership
{
    private const int BeatsPerLease = 4;

    private readonly LeaderSession _session;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _deadline;
    private readonly Task _watching;
    private bool _disposed;

    public PostgresLeadership(LeaderSession session, string scope, long term, TimeSpan lease, long since, TimeProvider time, ILogger logger)
    {
        _session = session;
        _lease = lease;
        _time = time;
        _logger = logger;
        Scope = scope;
        Term = term;
        Lost = _lost.Token;
        _deadline = time.CreateTimer(static state => ((PostgresLeadership)state!).DeadlinePassed(), this, TimeLeft(since), Timeout.InfiniteTimeSpan);
        _watching = WatchAsync();
    }

    public override string Scope { get; }

    public override long Term { get; }

    public override CancellationToken Lost { get; }

    public override async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _lost.CancelNow();
        _stop.CancelNow();
        await _watching;
        await _deadline.DisposeAsync();
        try
        {
            await _session.DisposeAsync().AsTask().WaitAsync(_lease, _time);
        }
        catch (TimeoutException)
        {
            // The server does not answer; it ends the session after the lease.
        }

        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await _session.WaitAsync(_lease / BeatsPerLease, _stop.Token);
                long sent = _time.GetTimestamp();
                await _session.BeatAsync(_stop.Token);
                // What the server knows of this holder is at least as new as the beat was when it was sent.
                _deadline.Change(TimeLeft(sent), Timeout.InfiniteTimeSpan);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Handed over, or lost by the deadline.
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException or TimeoutException or OperationCanceledException)
        {
            if (!_stop.IsCancellationRequested)
            {
                LeadershipLog.SessionEnded(_logger, Scope, Term, exception);
            }
        }

        _lost.CancelNow();
    }

    private void DeadlinePassed()
    {
        LeadershipLog.DeadlinePassed(_logger, Scope, Term, _lease);
        // First the token, then the session: whoever writes must stop before anything else is tried.
        _lost.CancelNow();
        _stop.CancelNow();
    }

    private TimeSpan TimeLeft(long since)
    {
        TimeSpan left = (_lease * 0.9) - _time.GetElapsedTime(since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
