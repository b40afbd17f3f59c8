using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace ChainWatch.Postgres;

/// <summary>
/// A connection that does nothing but hold a scope's advisory lock. The server ends it when it has not been heard of for a lease, by its own clock: so a frozen or
/// cut-off holder loses the lock whether it knows or not.
/// </summary>
internal sealed class LeaderSession : IAsyncDisposable
{
    // The first half of the lock's key: it meets no lock of the host's, nor that of the migrations.
    private const int LockClass = 0x4357_0002;
    private const int OldestVersion = 14;
    private const int MaxNameLength = 63;

    private readonly NpgsqlConnection _connection;
    private readonly PostgresSchema _schema;
    private readonly string _scope;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;

    private LeaderSession(NpgsqlConnection connection, PostgresSchema schema, string scope, TimeSpan lease, TimeProvider time)
    {
        _connection = connection;
        _schema = schema;
        _scope = scope;
        _lease = lease;
        _time = time;
    }

    /// <summary>The server's process that serves it.</summary>
    public int ProcessId => _connection.ProcessID;

    /// <summary>Connects, and makes sure that the promise of leadership can be kept over this connection.</summary>
    /// <exception cref="ChainWatchConfigurationException">It cannot: the message says why, and what to do.</exception>
    public static async Task<LeaderSession> OpenAsync(
        NpgsqlDataSource dataSource, string? connectionString, PostgresSchema schema, string scope, TimeSpan lease, TimeProvider time, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection;
        if (connectionString is null)
        {
            connection = dataSource.CreateConnection();
        }
        else
        {
            connection = new NpgsqlConnection(Dedicated(connectionString, scope, lease));
        }

        LeaderSession session = new(connection, schema, scope, lease, time);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await session.CheckAsync(ownOptions: connectionString is not null, cancellationToken);
            return session;
        }
        catch (PostgresException exception) when (connectionString is not null && exception.SqlState == PostgresErrorCodes.ProtocolViolation)
        {
            // PgBouncer, asked for start-up options.
            await session.DisposeAsync();
            throw Refused($"the connection goes through a pooler ({exception.MessageText}), which can give one lock to two instances. Connect to PostgreSQL directly");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            await session.DisposeAsync();
            throw session.Unprivileged();
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Who holds the scope's lock, for people; <see langword="null"/> when nobody does.</summary>
    public async Task<string?> DescribeHolderAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(
            $"""
            select format('%s (process %s, from %s, connected since %s)', coalesce(l.holder, a.application_name), a.pid, coalesce(host(a.client_addr), 'the server itself'), a.backend_start)
            from pg_locks k join pg_stat_activity a on a.pid = k.pid left join {_schema}.leadership l on l.scope = $3
            where k.locktype = 'advisory' and k.granted and k.objsubid = 2 and k.database = (select oid from pg_database where datname = current_database())
                and k.classid = $1::bigint::oid and k.objid = (hashtext($2)::bigint & 4294967295)::oid
            """);
        command.Parameters.With((long)LockClass).With(LockName).With(_scope);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Waits for the lock: it is granted in the moment in which its holder's session ends.</summary>
    /// <returns>False when the time is over; then the session must be thrown away, since the lock may have come in the same moment.</returns>
    public async Task<bool> WaitForLockAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(_connection) { Timeout = Seconds(patience + _lease) };
        batch.AddCommand(string.Create(CultureInfo.InvariantCulture, $"set lock_timeout = {(long)patience.TotalMilliseconds}"));
        batch.AddCommand("select pg_advisory_lock($1, hashtext($2))").Parameters.With(LockClass).With(LockName);
        batch.AddCommand("reset lock_timeout");
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    /// <summary>Raises the term under the lock. It waits for the writes of older terms that are under way.</summary>
    public async Task<long> RaiseTermAsync(string holder, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(PostgresWatchStore.RaiseTermSql(_schema));
        command.CommandTimeout = 0;
        command.Parameters.With(_scope).With(PostgresText.Clean(holder));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Waits until something comes from the server, which is the end of the session, or the time is over.</summary>
    public async Task WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = new(time, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await _connection.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came: the session stands.
        }
    }

    /// <summary>Tells the server that the holder lives.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command("select 1");
        await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Gives the lock back at once, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_connection.State == System.Data.ConnectionState.Open)
            {
                // A connection that goes back to a pool is reset later: it would keep the lock until then, and the server would end it in the pool.
                await using NpgsqlBatch batch = new(_connection);
                batch.AddCommand("select pg_advisory_unlock_all()");
                batch.AddCommand("reset idle_session_timeout");
                await batch.ExecuteNonQueryAsync();
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // The session is over, and its lock with it; or the server does not answer, and ends it after the lease.
        }

        await _connection.DisposeAsync();
    }

    private static string Dedicated(string connectionString, string scope, TimeSpan lease)
    {
        NpgsqlConnectionStringBuilder builder = new(connectionString)
        {
            Pooling = false,
            Multiplexing = false,
            Enlist = false,
            // Heartbeats are sent by hand; a waiting session is not to be disturbed.
            KeepAlive = 0,
            TcpKeepAlive = true,
            CommandTimeout = Seconds(lease),
            // When a heartbeat fails there is nobody to tell: the connection is dropped at once.
            CancellationTimeout = -1,
        };
        string name = $"{(string.IsNullOrEmpty(builder.ApplicationName) ? "chainwatch" : builder.ApplicationName)}-leader:{scope}";
        builder.ApplicationName = name.Length <= MaxNameLength ? name : name[..MaxNameLength];
        builder.Options = string.Create(
            CultureInfo.InvariantCulture,
            $"{builder.Options} -c idle_session_timeout={(long)lease.TotalMilliseconds} -c client_connection_check_interval=1000 -c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3").Trim();
        if (builder.Host?.Contains(',', StringComparison.Ordinal) is true)
        {
            builder.TargetSessionAttributes = "primary";
        }

        return builder.ConnectionString;
    }

    private async Task CheckAsync(bool ownOptions, CancellationToken cancellationToken)
    {
        int version = _connection.PostgreSqlVersion.Major;
        if (version < OldestVersion)
        {
            throw Refused($"the server is PostgreSQL {version}, which cannot end the session of a frozen leader. Use PostgreSQL {OldestVersion} or newer");
        }

        string lease = string.Create(CultureInfo.InvariantCulture, $"{(long)_lease.TotalMilliseconds}");
        bool recovery;
        int process;
        long timeout;
        bool mayRead;
        await using (NpgsqlBatch batch = new(_connection))
        {
            if (!ownOptions)
            {
                // Not on a session that a pooler shares out among others.
                batch.AddCommand("select set_config('idle_session_timeout', $1, false) where pg_backend_pid() = $2").Parameters.With(lease).With(_connection.ProcessID);
            }

            batch.AddCommand(
                """
                select pg_is_in_recovery(), pg_backend_pid(), (select setting::bigint from pg_settings where name = 'idle_session_timeout'),
                    coalesce(has_table_privilege(to_regclass($1), 'select,insert,update'), false)
                """).Parameters.With($"{_schema}.leadership");
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            if (!ownOptions)
            {
                await reader.NextResultAsync(cancellationToken);
            }

            await reader.ReadAsync(cancellationToken);
            recovery = reader.GetBoolean(0);
            process = reader.GetInt32(1);
            timeout = reader.GetInt64(2);
            mayRead = reader.GetBoolean(3);
        }

        // A pooler invents the process that it tells its clients of.
        if (process != _connection.ProcessID || timeout != (long)_lease.TotalMilliseconds)
        {
            throw Refused("the connection goes through a pooler, which can give one lock to two instances. Connect to PostgreSQL directly");
        }

        if (recovery)
        {
            throw Refused("the server is a hot standby, on which a lock means nothing and nothing can be written. Connect to the primary, or name all hosts");
        }

        if (!mayRead)
        {
            throw Unprivileged();
        }
    }

    private ChainWatchConfigurationException Unprivileged() =>
        Refused($"the database user may not read and write the table leadership of the schema '{_schema.Name}'. Grant it the schema and its tables, or make it their owner");

    private string LockName => $"{_schema.Name}/{_scope}";

    private static ChainWatchConfigurationException Refused(string reason) => new($"{PostgresOptions.Section}: leadership cannot be held safely: {reason}.");

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    private NpgsqlCommand Command(string sql) => new(sql, _connection);
}
