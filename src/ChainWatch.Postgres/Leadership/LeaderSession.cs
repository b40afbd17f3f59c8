using System.Globalization;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// A connection that does nothing but wait for a scope's advisory lock, and hold it. The server ends it when it has not been heard of for a lease, by its own clock: so a
/// frozen or cut-off holder loses the lock whether it knows or not. Such sessions are also how instances know of each other: the server lists who waits and who holds, and
/// who is gone is not in the list.
/// </summary>
internal sealed class LeaderSession : IAsyncDisposable
{
    // The first halves of the locks' keys: they meet no lock of the host's, nor that of the migrations. The second one says that an instance is ready; it is shared.
    private const int LockClass = 0x4357_0002;
    private const int ReadyClass = 0x4357_0003;
    private const int MaxNameLength = 63;

    private readonly NpgsqlConnection _connection;
    private readonly PostgresSchema _schema;
    private readonly string _scope;
    private readonly string _holder;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private long? _systemIdentifier;
    private int? _timeline;

    private LeaderSession(NpgsqlConnection connection, PostgresSchema schema, string scope, string holder, TimeSpan lease, TimeProvider time)
    {
        _connection = connection;
        _schema = schema;
        _scope = scope;
        _holder = holder;
        _lease = lease;
        _time = time;
    }

    /// <summary>The server's process that serves it.</summary>
    public int ProcessId => _connection.ProcessID;

    /// <summary>Whether the server let it know which cluster and timeline it is on.</summary>
    public bool KnowsTimeline => _timeline is not null;

    /// <summary>Connects, and makes sure that the promise of leadership can be kept over this connection.</summary>
    /// <param name="dataSource">Where the database is. The session is a connection of its own all the same, with the same password and certificates: it is never pooled.</param>
    /// <param name="connectionString">How to reach the database; <see langword="null"/> takes the data source's, for a data source of the host's own.</param>
    /// <param name="schema">The schema that holds the tables.</param>
    /// <param name="scope">What is stood for.</param>
    /// <param name="holder">This instance.</param>
    /// <param name="lease">After which silence the server ends the session.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="proven">Whether this was possible here before: then a hot standby is a server that is about to be promoted, and waited for.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ChainWatchConfigurationException">It cannot: the message says why, and what to do.</exception>
    public static async Task<LeaderSession> OpenAsync(
        NpgsqlDataSource dataSource, string? connectionString, PostgresSchema schema, string scope, string holder, TimeSpan lease, TimeProvider time, bool proven,
        CancellationToken cancellationToken)
    {
        NpgsqlConnection connection;
        if (connectionString is not null)
        {
            connection = new NpgsqlConnection(Dedicated(connectionString, scope, lease));
        }
        else
        {
            await using NpgsqlConnection template = dataSource.CreateConnection();
            connection = await template.CloneWithAsync(Dedicated(dataSource.ConnectionString, scope, lease), cancellationToken);
        }

        LeaderSession session = new(connection, schema, scope, holder, lease, time);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await session.CheckAsync(proven, cancellationToken);
            return session;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ProtocolViolation)
        {
            // PgBouncer, asked for start-up options.
            await session.DisposeAsync();
            throw LeadershipRefusal.Pooled($" ({exception.MessageText})");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            // Older servers end a connection that asks for a setting which they do not know, before they tell their version.
            await session.DisposeAsync();
            throw LeadershipRefusal.TooOld($"says '{exception.MessageText}'");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            await session.DisposeAsync();
            throw LeadershipRefusal.Unprivileged(schema);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Who holds the scope's lock; <see langword="null"/> when nobody does.</summary>
    public async Task<LeadershipHolder?> FindHolderAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(
            $"""
            select coalesce(l.holder, a.application_name, ''), a.pid, host(a.client_addr), coalesce(l.acquired_at, a.backend_start)
            from pg_locks k join pg_stat_activity a on a.pid = k.pid left join {_schema}.leadership l on l.scope = $3
            where k.locktype = 'advisory' and k.granted and k.objsubid = 2 and k.database = (select oid from pg_database where datname = current_database())
                and k.classid = $1::bigint::oid and k.objid = (hashtext($2)::bigint & 4294967295)::oid
            """);
        command.Parameters.With((long)LockClass).With(LockName(_scope)).With(_scope);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        return new LeadershipHolder
        {
            Name = reader.GetString(0),
            SessionId = reader.GetInt32(1),
            Address = await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetString(2),
            Since = await reader.IsDBNullAsync(3, cancellationToken) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken),
        };
    }

    /// <summary>Waits for the lock: it is granted in the moment in which its holder's session ends.</summary>
    /// <param name="patience">How long the server waits.</param>
    /// <param name="ready">Whether it shows itself ready to be handed the scope meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait; then the session must be thrown away.</param>
    /// <returns>False when the time is over; then nothing is held any more.</returns>
    public async Task<bool> WaitForLockAsync(TimeSpan patience, bool ready, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlBatch batch = new(_connection) { Timeout = Seconds(patience + _lease) };
            batch.AddCommand(string.Create(CultureInfo.InvariantCulture, $"set lock_timeout = {(long)patience.TotalMilliseconds}"));
            if (ready)
            {
                AddReady(batch);
            }

            batch.AddCommand("select pg_advisory_lock($1, hashtext($2))").Parameters.With(LockClass).With(LockName(_scope));
            batch.AddCommand("reset lock_timeout");
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // It may have come in the very same moment.
            await ReleaseAsync(cancellationToken);
            return false;
        }
    }

    /// <summary>
    /// Raises the term under the lock. It waits for the writes of older terms that are under way.
    /// </summary>
    /// <param name="insist">Also where the scope is being handed to another instance.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The term, and the first term on the server as it is now; <see langword="null"/> where the scope is being handed to another instance.</returns>
    public async Task<(long Term, long StoreTerm)?> RaiseTermAsync(bool insist, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(_connection) { Timeout = 0 };
        AddRaise(batch, _scope, insist);
        return await ReadTermAsync(batch, cancellationToken);
    }

    /// <summary>
    /// Raises the term of a scope that nobody stands for, twice as it is raised for the first time and again, and takes it back: so all that raising needs has been used once, on both sides, and is
    /// quick when it matters. It is one exchange, since the audit log's head is held meanwhile.
    /// </summary>
    public async Task RehearseRaisingAsync(CancellationToken cancellationToken)
    {
        string rehearsal = string.Create(CultureInfo.InvariantCulture, $"{_scope} (rehearsal of {ProcessId})");
        await using NpgsqlBatch batch = new(_connection) { Timeout = Seconds(_lease) };
        batch.AddCommand("begin");
        AddRaise(batch, rehearsal, insist: false);
        AddRaise(batch, rehearsal, insist: false);
        batch.AddCommand("rollback");
        await ReadTermAsync(batch, cancellationToken);
    }

    /// <summary>Gives the lock back, and stands in no list any more.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command("select pg_advisory_unlock_all()");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Shows that this instance is ready, also where it leads already.</summary>
    public async Task ShowReadyAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(_connection);
        AddReady(batch);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The instances that lead or wait for the schema's scopes and have shown themselves ready, by scope; and this one's number among them. It counts as a heartbeat.</summary>
    public async Task<(long Self, Dictionary<string, IReadOnlySet<long>> Ready)> FindReadyAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(
            $"""
            select (hashtext($4)::bigint & 4294967295), l.scope, r.objid::bigint
            from {_schema}.leadership l
            join pg_locks k on k.locktype = 'advisory' and k.objsubid = 2 and k.classid = $1::bigint::oid and k.objid = (hashtext($3 || l.scope)::bigint & 4294967295)::oid
                and k.database = (select oid from pg_database where datname = current_database())
            join pg_locks r on r.locktype = 'advisory' and r.objsubid = 2 and r.classid = $2::bigint::oid and r.pid = k.pid and r.database = k.database
            """);
        command.Parameters.With((long)LockClass).With((long)ReadyClass).With(LockName("")).With(HolderName);
        Dictionary<string, IReadOnlySet<long>> ready = new(StringComparer.Ordinal);
        long self = 0;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            self = reader.GetInt64(0);
            string scope = reader.GetString(1);
            if (!ready.TryGetValue(scope, out IReadOnlySet<long>? instances))
            {
                ready.Add(scope, instances = new HashSet<long>());
            }

            ((HashSet<long>)instances).Add(reader.GetInt64(2));
        }

        return (self, ready);
    }

    /// <summary>Writes down that the scope is meant for another instance, as long as this one leads.</summary>
    public async Task DestineAsync(long instance, long term, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"update {_schema}.leadership set handed_to = (case when $2 > 2147483647 then $2 - 4294967296 else $2 end)::integer where scope = $1 and term = $3");
        command.Parameters.With(_scope).With(instance).With(term);
        await command.ExecuteNonQueryAsync(cancellationToken);
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

    /// <summary>Closes the connection, and with it gives the lock back at once.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private void AddRaise(NpgsqlBatch batch, string scope, bool insist) =>
        batch.AddCommand(PostgresWatchStore.RaiseTermSql(_schema)).Parameters
            .With(scope).With(PostgresText.Clean(_holder)).With(_systemIdentifier).With((long?)_timeline).With(insist ? null : HolderName);

    private static async Task<(long Term, long StoreTerm)?> ReadTermAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        (long, long)? raised = null;
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            if (await reader.ReadAsync(cancellationToken))
            {
                raised = (reader.GetInt64(0), reader.GetInt64(1));
            }
        }
        while (await reader.NextResultAsync(cancellationToken));

        return raised;
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
        // A waiting session runs one statement for as long as it waits, whatever the database's own limit is.
        builder.Options = string.Create(
            CultureInfo.InvariantCulture,
            $"{builder.Options} -c idle_session_timeout={(long)lease.TotalMilliseconds} -c statement_timeout=0 -c client_connection_check_interval=1000 -c tcp_keepalives_idle=1 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3").Trim();
        if (builder.Host?.Contains(',', StringComparison.Ordinal) is true)
        {
            builder.TargetSessionAttributes = "primary";
        }

        return builder.ConnectionString;
    }

    private async Task CheckAsync(bool proven, CancellationToken cancellationToken)
    {
        int version = _connection.PostgreSqlVersion.Major;
        if (version < LeadershipRefusal.OldestVersion)
        {
            throw LeadershipRefusal.TooOld($"is PostgreSQL {version}");
        }

        bool recovery;
        int process;
        long timeout;
        bool mayRead;
        bool mayKnow;
        await using (NpgsqlCommand command = Command(
            """
            select pg_is_in_recovery(), pg_backend_pid(), (select setting::bigint from pg_settings where name = 'idle_session_timeout'),
                coalesce(has_table_privilege(to_regclass($1), 'select,insert,update'), false),
                has_function_privilege('pg_control_system()', 'execute') and has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
            """))
        {
            command.Parameters.With($"{_schema}.leadership");
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            recovery = reader.GetBoolean(0);
            process = reader.GetInt32(1);
            timeout = reader.GetInt64(2);
            mayRead = reader.GetBoolean(3);
            mayKnow = reader.GetBoolean(4);
        }

        // A pooler invents the process that it tells its clients of.
        if (process != _connection.ProcessID || timeout != (long)_lease.TotalMilliseconds)
        {
            throw LeadershipRefusal.Pooled("");
        }

        if (recovery)
        {
            throw proven
                ? new NpgsqlException("The server is a hot standby now; it is waited for until it is promoted, or the primary answers again.")
                : LeadershipRefusal.HotStandby();
        }

        if (!mayRead)
        {
            throw LeadershipRefusal.Unprivileged(_schema);
        }

        if (mayKnow)
        {
            await ReadTimelineAsync(cancellationToken);
        }
    }

    /// <summary>A server in operation stays on its timeline: it is the next one that is on another.</summary>
    private async Task ReadTimelineAsync(CancellationToken cancellationToken)
    {
        // The control file's own timeline lags behind a promotion until the next checkpoint.
        await using NpgsqlCommand command = Command(
            "select system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer from pg_control_system()");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        _systemIdentifier = reader.GetInt64(0);
        _timeline = reader.GetInt32(1);
    }

    private void AddReady(NpgsqlBatch batch) => batch.AddCommand("select pg_advisory_lock_shared($1, hashtext($2))").Parameters.With(ReadyClass).With(HolderName);

    private string LockName(string scope) => $"{_schema.Name}/{scope}";

    private string HolderName => $"{_schema.Name}/{_holder}";

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    private NpgsqlCommand Command(string sql) => new(sql, _connection);
}
