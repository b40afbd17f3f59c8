using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// Lets PostgreSQL decide which instance leads: whoever holds a scope's advisory lock, on a connection of its own. The lock is gone when that connection is, or when the
/// server has not heard of its holder for a lease; the next in line has it in the same moment, and raises the term, which fences the last one off whatever it believes.
/// </summary>
public sealed class PostgresLeaderElection : ILeaderElection
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_leastWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_mostWait = TimeSpan.FromSeconds(2);

    private readonly NpgsqlDataSource _dataSource;
    private readonly string? _connectionString;
    private readonly PostgresSchema _schema;
    private readonly string _holder;
    private readonly TimeSpan _lease;
    private readonly TimeSpan _writeTimeout;
    private readonly TimeProvider _time;
    private readonly ILogger<PostgresLeaderElection> _logger;
    private readonly Random _jitter;

    internal PostgresLeaderElection(
        NpgsqlDataSource dataSource, string? connectionString, PostgresSchema schema, string holder, TimeSpan lease, TimeSpan writeTimeout, TimeProvider time,
        ILogger<PostgresLeaderElection> logger)
    {
        _dataSource = dataSource;
        _connectionString = connectionString;
        _schema = schema;
        _holder = holder;
        _lease = lease;
        _writeTimeout = writeTimeout;
        _time = time;
        _logger = logger;
        _jitter = new Random(HashCode.Combine(holder, Environment.ProcessId));
    }

    /// <inheritdoc/>
    /// <exception cref="ChainWatchConfigurationException">
    /// Leadership cannot be promised here: the connection goes through a transaction pooler, the server is a hot standby or older than version 14, or the database user lacks
    /// a privilege. The message says what to do.
    /// </exception>
    public async ValueTask<Leadership> AcquireAsync(string scope, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(scope);
        TimeSpan wait = s_leastWait;
        bool told = false;
        while (true)
        {
            try
            {
                Leadership? leadership = await TryAcquireAsync(scope, told, cancellationToken);
                if (leadership is not null)
                {
                    return leadership;
                }

                told = true;
                wait = s_leastWait;
            }
            catch (Exception exception) when (PostgresFailure.IsLost(exception) && !cancellationToken.IsCancellationRequested)
            {
                LeadershipLog.ServerNotReached(_logger, scope, wait, exception);
                // Not all at once: every instance lost its connection in the same moment.
                await Task.Delay(wait * (0.5 + (_jitter.NextDouble() / 2)), _time, cancellationToken);
                wait = wait * 2 < s_mostWait ? wait * 2 : s_mostWait;
            }
        }
    }

    private async Task<Leadership?> TryAcquireAsync(string scope, bool told, CancellationToken cancellationToken)
    {
        LeaderSession? session = null;
        try
        {
            session = await LeaderSession.OpenAsync(_dataSource, _connectionString, _schema, scope, _lease, _time, cancellationToken);
            if (!told && await session.DescribeHolderAsync(cancellationToken) is { } holder)
            {
                LeadershipLog.Waiting(_logger, scope, holder);
            }

            if (!await session.WaitForLockAsync(s_patience, cancellationToken))
            {
                return null;
            }

            long since = _time.GetTimestamp();
            long term = await RaiseAsync(session, cancellationToken);
            PostgresLeadership leadership = new(session, scope, term, _lease, since, _time, _logger);
            session = null;
            return leadership;
        }
        finally
        {
            if (session is not null)
            {
                await session.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// Raises the term. Writes of the last leader that are under way are waited for; they end by themselves within their timeout. One whose client was stopped half-way
    /// through sending is not covered by any timeout of the server's: its session is ended.
    /// </summary>
    private async Task<long> RaiseAsync(LeaderSession session, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<long> raising = session.RaiseTermAsync(_holder, stop.Token);
        while (await Task.WhenAny(raising, Task.Delay(_writeTimeout, _time, stop.Token)) != raising)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await using NpgsqlCommand end = _dataSource.CreateCommand("select count(pg_terminate_backend(pid)) from unnest(pg_blocking_pids($1)) as pid");
            end.Parameters.With(session.ProcessId);
            if (await end.ExecuteScalarAsync(cancellationToken) is long and > 0)
            {
                LeadershipLog.StuckWriterEnded(_logger);
            }
        }

        stop.CancelNow();
        return await raising;
    }
}
