using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// Lets PostgreSQL decide which instance leads: whoever holds a scope's advisory lock, on a connection of its own. The lock is gone when that connection is, or when the
/// server has not heard of its holder for a lease; the next in line has it in the same moment, and raises the term, which fences the last one off whatever it believes.
/// Scopes are shared out evenly among the instances that are ready; see <see cref="LeadershipOptions.ShareChains"/>.
/// </summary>
public sealed class PostgresLeaderElection : ILeaderElection
{
    private static readonly TimeSpan s_mostPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_leastWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_mostWait = TimeSpan.FromSeconds(2);

    // Raising a term takes some milliseconds where nobody is in the way.
    private static readonly TimeSpan s_stuckLook = TimeSpan.FromMilliseconds(100);

    private readonly PostgresElectionSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<PostgresLeaderElection> _logger;
    private readonly RetryBackoff _backoff;
    private readonly HandOverPace _pace;
    private volatile bool _proven;

    internal PostgresLeaderElection(PostgresElectionSettings settings, TimeProvider time, ILogger<PostgresLeaderElection> logger)
    {
        _settings = settings;
        _time = time;
        _logger = logger;
        // Not all at once: every instance lost its connection in the same moment.
        _backoff = new RetryBackoff(s_leastWait, s_mostWait, HashCode.Combine(settings.Holder, Environment.ProcessId), least: 0.5);
        _pace = new HandOverPace(settings.Leadership.HandBackAfter, time);
    }

    /// <inheritdoc/>
    /// <exception cref="ChainWatchConfigurationException">
    /// Leadership cannot be promised here: the connection goes through a transaction pooler, the server is a hot standby or older than version 14, or the database user lacks
    /// a privilege. The message says what to do.
    /// </exception>
    public async ValueTask<Leadership> AcquireAsync(LeadershipCandidate candidate, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        long since = _time.GetTimestamp();
        int failures = 0;
        while (true)
        {
            LeaderSession? session = null;
            try
            {
                session = await LeaderSession.OpenAsync(
                    _settings.DataSource, _settings.ConnectionString, _settings.Schema, candidate.Scope, _settings.Holder, _settings.Leadership.TimeToLive, _time, _proven,
                    cancellationToken);
                if (!_proven && !session.KnowsTimeline)
                {
                    LeadershipLog.TimelineUnknown(_logger);
                }

                _proven = true;
                failures = 0;
                PostgresLeadership leadership = await StandAsync(session, candidate, since, cancellationToken);
                session = null;
                return leadership;
            }
            catch (Exception exception) when (PostgresFailure.IsLost(exception))
            {
                cancellationToken.ThrowIfCancellationRequested();
                TimeSpan wait = _backoff.After(failures++);
                LeadershipLog.ServerNotReached(_logger, candidate.Scope, wait, exception);
                await Task.Delay(wait, _time, cancellationToken);
            }
            finally
            {
                if (session is not null)
                {
                    await session.DisposeAsync();
                }
            }
        }
    }

    /// <summary>Stands in the line for the lock until it is won. Every now and then it steps out and back in, so that one whose process is frozen does not stay in it.</summary>
    private async Task<PostgresLeadership> StandAsync(LeaderSession session, LeadershipCandidate candidate, long since, CancellationToken cancellationToken)
    {
        LeadershipOptions options = _settings.Leadership;
        TimeSpan patience = options.TimeToLive < s_mostPatience ? options.TimeToLive : s_mostPatience;
        LeadershipHolder? told = null;
        bool yielded = false;
        await session.RehearseRaisingAsync(cancellationToken);
        while (true)
        {
            if (await session.FindHolderAsync(cancellationToken) is { } holder)
            {
                candidate.Denied(holder);
                if (told?.Name != holder.Name || told.SessionId != holder.SessionId)
                {
                    told = holder;
                    LeadershipLog.Waiting(_logger, candidate.Scope, holder, holder.Since, holder.SessionId);
                }
            }

            bool ready = options.ShareChains && candidate.IsReady && _time.GetElapsedTime(since) >= options.HandBackAfter;
            if (!await session.WaitForLockAsync(patience, ready, cancellationToken))
            {
                // Who was meant in its place had its turn.
                yielded = false;
                continue;
            }

            candidate.Granted();
            long heard = _time.GetTimestamp();
            if (await RaiseAsync(session, insist: yielded, cancellationToken) is { } raised)
            {
                if (_time.GetElapsedTime(heard) > options.TimeToLive / 8)
                {
                    // It had to wait for a write of the last leader: the lease is not to be mostly over before its first heartbeat.
                    heard = _time.GetTimestamp();
                    await session.BeatAsync(cancellationToken);
                }

                return new PostgresLeadership(session, candidate.Scope, raised.Term, raised.StoreTerm, options, heard, _pace, _time, _logger);
            }

            // The leader named another one. If that one is gone too, the lock comes back here, and the second time it is kept.
            yielded = true;
            LeadershipLog.Yielded(_logger, candidate.Scope);
            await session.ReleaseAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Raises the term. Writes of the last leader that are under way are waited for; they end by themselves within their timeout. One whose client was stopped half-way
    /// through sending is not covered by any timeout of the server's: its session is ended as soon as it has waited for its client for longer than that, which is mostly at once, since it has been stuck for most of a lease.
    /// What else is in the way is ended when it has been waited for as long as a write may take.
    /// </summary>
    private async Task<(long Term, long StoreTerm)?> RaiseAsync(LeaderSession session, bool insist, CancellationToken cancellationToken)
    {
        long since = _time.GetTimestamp();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<(long, long)?> raising = session.RaiseTermAsync(insist, stop.Token);
        while (await Task.WhenAny(raising, Task.Delay(s_stuckLook, _time, stop.Token)) != raising)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Not waited for by itself: a pool without a free connection must not keep a term that is raised.
            await Task.WhenAny(raising, EndBlockersAsync(session, whoever: _time.GetElapsedTime(since) >= _settings.WriteTimeout, stop.Token));
        }

        stop.CancelNow();
        return await raising;
    }

    private async Task EndBlockersAsync(LeaderSession session, bool whoever, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlCommand end = _settings.DataSource.CreateCommand(
                """
                select count(pg_terminate_backend(a.pid)) from unnest(pg_blocking_pids($1)) as b(pid) join pg_stat_activity a using (pid)
                where $3 or (a.wait_event in ('ClientRead', 'ClientWrite') and clock_timestamp() - greatest(a.xact_start, a.state_change) >= $2 * interval '1 millisecond')
                """);
            end.Parameters.With(session.ProcessId).With((long)_settings.WriteTimeout.TotalMilliseconds).With(whoever);
            if (await end.ExecuteScalarAsync(cancellationToken) is long and > 0)
            {
                LeadershipLog.StuckWriterEnded(_logger);
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            // The next look tries again, and where the server is gone, raising fails.
        }
    }
}
