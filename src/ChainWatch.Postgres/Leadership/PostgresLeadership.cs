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

    // Two looks in a row must come to the same: somebody who is just coming or going is no reason to move anything.
    private const int LooksPerHandBack = 2;

    private readonly LeaderSession _session;
    private readonly LeadershipOptions _options;
    private readonly TimeSpan _lease;
    private readonly HandOverPace _pace;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _handOver = new();
    private readonly long _began;
    private long _looked;
    private long? _preferred;
    private bool _shown;
    private readonly ITimer _deadline;
    private readonly Task _watching;
    private bool _disposed;

    /// <param name="session">The session that holds the lock.</param>
    /// <param name="scope">What is led.</param>
    /// <param name="term">Its term.</param>
    /// <param name="storeTerm">The first term on the server as it is now.</param>
    /// <param name="options">How long it lives without a heartbeat, and whether scopes are shared.</param>
    /// <param name="heard">When the server was last known to know of this instance.</param>
    /// <param name="pace">How fast scopes are handed over.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public PostgresLeadership(
        LeaderSession session, string scope, long term, long storeTerm, LeadershipOptions options, long heard, HandOverPace pace, TimeProvider time, ILogger logger)
    {
        _session = session;
        _options = options;
        _lease = options.TimeToLive;
        _pace = pace;
        _time = time;
        _logger = logger;
        Scope = scope;
        Term = term;
        StoreTerm = storeTerm;
        Lost = _lost.Token;
        HandOver = _handOver.Token;
        _began = time.GetTimestamp();
        _looked = _began;
        _deadline = time.CreateTimer(static state => ((PostgresLeadership)state!).DeadlinePassed(), this, TimeLeft(heard), Timeout.InfiniteTimeSpan);
        _watching = WatchAsync();
    }

    public override string Scope { get; }

    public override long Term { get; }

    public override long StoreTerm { get; }

    public override CancellationToken Lost { get; }

    public override CancellationToken HandOver { get; }

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
        _handOver.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await _session.WaitAsync(_lease / BeatsPerLease, _stop.Token);
                long sent = _time.GetTimestamp();
                await BeatAsync(_stop.Token);
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

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        if (!_options.ShareChains || _handOver.IsCancellationRequested || _time.GetElapsedTime(_looked) < _options.HandBackAfter / LooksPerHandBack)
        {
            await _session.BeatAsync(cancellationToken);
            return;
        }

        _looked = _time.GetTimestamp();
        if (!_shown && _time.GetElapsedTime(_began) >= _options.HandBackAfter)
        {
            // From now on its scope counts as its share.
            await _session.ShowReadyAsync(cancellationToken);
            _shown = true;
        }

        (long self, Dictionary<string, IReadOnlySet<long>> ready) = await _session.FindReadyAsync(cancellationToken);
        if (!_shown || !ready.TryGetValue(Scope, out IReadOnlySet<long>? candidates))
        {
            return;
        }

        long preferred = ScopeShares.Assign(ready)[Scope];
        if (preferred != self && preferred == _preferred && _pace.TryTake())
        {
            await _session.DestineAsync(preferred, Term, cancellationToken);
            LeadershipLog.HandingOver(_logger, Scope, candidates.Count);
            _handOver.CancelNow();
        }

        _preferred = preferred;
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
