using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using ChainWatch.Testing;
using Npgsql;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresLeaderElectionTests(PostgresServerFixture postgres) : ExclusiveElectionConformance, IAsyncLifetime
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private PostgresTestStore _test = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected override ValueTask<ILeaderElection> CreateElectionAsync(string holder) => new(Election(holder));

    protected override ValueTask<IWatchStore> CreateStoreAsync() => new(_test.Store);

    public async ValueTask InitializeAsync() => _test = await PostgresTestStore.CreateAsync(postgres.Server);

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    protected override Task StandInLineAsync(int instances) => Eventually.BecomesTrueAsync(
        async _ => await _test.ScalarAsync<long>($"select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = (hashtext('{_test.Options.Schema}/scope')::bigint & 4294967295)::oid") == instances,
        TimeSpan.FromSeconds(60),
        () => "they do not stand in line",
        Token);

    [Fact]
    public async Task A_leader_whose_session_is_ended_knows_at_once_and_the_next_one_leads()
    {
        // Long enough that no heartbeat could be what tells.
        TimeSpan lease = TimeSpan.FromMinutes(10);
        await using Leadership first = await Election("one", lease).AcquireAsync("scope", Token);
        Task lost = LostAsync(first);
        Task<Leadership> waiting = Election("two", lease).AcquireAsync("scope", Token).AsTask();

        (await EndLeaderSessionsAsync("one")).ShouldBe(1);

        await lost;
        await using Leadership second = await waiting;
        second.Term.ShouldBeGreaterThan(first.Term);
    }

    [Fact]
    public async Task Nothing_is_left_of_a_rehearsal()
    {
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<Leadership> waiting = Election("two").AcquireAsync("scope", stop.Token).AsTask();
        // It rehearses before it stands in line.
        await StandInLineAsync(1);

        (await _test.ScalarAsync<string>($"select string_agg(scope || ' ' || term, ', ') from {_test.Options.Schema}.leadership")).ShouldBe("scope 1");
        (await _test.ScalarAsync<long>($"select count(*) from {_test.Options.Schema}.audit_log where action = 'lead'")).ShouldBe(1);
        (await _test.ScalarAsync<long>($"select id from {_test.Options.Schema}.audit_head")).ShouldBe(1);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    [Fact]
    public async Task A_leader_whose_clock_stands_still_is_replaced_after_the_lease()
    {
        // It sends no heartbeats and knows no deadline, as a frozen process would.
        ManualTimeProvider frozen = new();
        await using Leadership first = await Election("one", time: frozen).AcquireAsync("scope", Token);

        await using Leadership second = await Election("two").AcquireAsync("scope", Token).AsTask().WaitAsync(s_patience, Token);

        second.Term.ShouldBeGreaterThan(first.Term);
        await LostAsync(first);
    }

    [Fact]
    public async Task A_leader_that_beats_outlives_many_leases()
    {
        TimeSpan lease = TimeSpan.FromSeconds(1);
        await using Leadership first = await Election("one", lease: lease).AcquireAsync("scope", Token);
        Task<Leadership> waiting = Election("two", lease: lease).AcquireAsync("scope", Token).AsTask();

        await _test.BeatForAsync(lease * 3, LeaderSessions("one"));

        waiting.IsCompleted.ShouldBeFalse();
        first.Lost.IsCancellationRequested.ShouldBeFalse();
        await first.DisposeAsync();
        await using Leadership second = await waiting;
    }

    [Fact]
    public async Task A_leader_stops_by_its_own_clock_before_its_lease_is_over_when_no_heartbeat_comes_back()
    {
        ManualTimeProvider clock = new();
        await using Leadership first = await Election("one", time: clock).AcquireAsync("scope", Token);
        first.Lost.IsCancellationRequested.ShouldBeFalse();
        int process = await ServerProcessOfAsync("one");
        await SignalAsync("STOP", process);
        try
        {
            clock.Advance(s_lease * 0.95);

            first.Lost.IsCancellationRequested.ShouldBeTrue();
        }
        finally
        {
            await SignalAsync("CONT", process);
        }
    }

    [Fact]
    public async Task A_leader_whose_server_falls_silent_notices_it()
    {
        await using Leadership first = await Election("one", lease: TimeSpan.FromSeconds(5)).AcquireAsync("scope", Token);
        int process = await ServerProcessOfAsync("one");
        await SignalAsync("STOP", process);
        try
        {
            await LostAsync(first);
        }
        finally
        {
            await SignalAsync("CONT", process);
        }
    }

    [Fact]
    public async Task Leadership_comes_back_after_a_restart_of_the_server()
    {
        await using PostgresServer server = await PostgresServer.StartNewAsync(cancellationToken: Token);
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(server);
        PostgresLeaderElection election = test.CreateElection("one");
        await using Leadership first = await election.AcquireAsync("scope", Token);

        await server.StopAsync("immediate", Token);
        await LostAsync(first);
        Task<Leadership> waiting = election.AcquireAsync("scope", Token).AsTask();
        await server.StartAsync(Token);

        await using Leadership second = await waiting;
        second.Term.ShouldBeGreaterThan(first.Term);
    }

    [Fact]
    public async Task Raising_the_term_waits_for_a_write_that_is_under_way()
    {
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        await first.DisposeAsync();

        Task<Leadership> next = Election("two").AcquireAsync("scope", Token).AsTask();
        await _test.IsBlockedAsync(LeaderSessions("two"), writer.ProcessID);
        next.IsCompleted.ShouldBeFalse();

        await write.CommitAsync(Token);
        await using Leadership second = await next;
    }

    [Fact]
    public async Task What_is_at_work_for_longer_is_left_to_its_work_at_first()
    {
        TimeSpan writeTimeout = TimeSpan.FromMilliseconds(300);
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        // A rebuild that is switched to, say: longer than a write may take, by statements that end.
        await using NpgsqlCommand working = new("select pg_sleep(3)", writer);
        Task work = working.ExecuteNonQueryAsync(Token);
        await first.DisposeAsync();

        ManualTimeProvider clock = new();
        Task<Leadership> next = Election("two", writeTimeout: writeTimeout, time: clock).AcquireAsync("scope", Token).AsTask();
        await _test.IsBlockedAsync(LeaderSessions("two"), writer.ProcessID);
        await Eventually.BecomesTrueAsync(
            async _ => await _test.ScalarAsync<TimeSpan>($"select clock_timestamp() - xact_start from pg_stat_activity where pid = {writer.ProcessID}") > writeTimeout * 2,
            s_patience, () => "the transaction stays young", Token);
        clock.Advance(writeTimeout / 2);

        await work;
        await write.CommitAsync(Token);
        await using Leadership second = await next.WaitAsync(s_patience, Token);
    }

    [Fact]
    public async Task What_is_at_work_for_longer_than_a_write_may_take_is_ended_when_it_was_waited_for_as_long()
    {
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        await using NpgsqlCommand working = new("select pg_sleep(600)", writer) { CommandTimeout = 0 };
        Task work = working.ExecuteNonQueryAsync(Token);
        await first.DisposeAsync();

        await using Leadership second = await Election("two", writeTimeout: TimeSpan.FromMilliseconds(300)).AcquireAsync("scope", Token).AsTask().WaitAsync(s_patience, Token);

        await Should.ThrowAsync<NpgsqlException>(() => work);
    }

    [Fact]
    public async Task A_term_that_is_raised_waits_for_no_look_at_what_was_in_the_way()
    {
        // Its only connection is taken, and waited for as long as anybody likes.
        await using NpgsqlDataSource crowded = NpgsqlDataSource.Create($"{_test.Options.ConnectionString};Application Name=crowded-{_test.Options.Schema};Maximum Pool Size=1;Timeout=600");
        await using NpgsqlConnection only = await crowded.OpenConnectionAsync(Token);
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        await first.DisposeAsync();

        ManualTimeProvider clock = new();
        Task<Leadership> next = Election("two", time: clock, dataSource: crowded).AcquireAsync("scope", Token).AsTask();
        await _test.IsBlockedAsync($"application_name like 'crowded-{_test.Options.Schema}-leader%'", writer.ProcessID);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        await write.CommitAsync(Token);

        await using Leadership second = await next.WaitAsync(s_patience, Token);
    }

    [Fact]
    public async Task A_lease_begins_when_the_term_is_raised_and_not_when_raising_it_had_to_wait()
    {
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        await first.DisposeAsync();

        TimeSpan lease = TimeSpan.FromMinutes(10);
        ManualTimeProvider clock = new();
        Task<Leadership> next = Election("two", lease: lease, writeTimeout: lease, time: clock).AcquireAsync("scope", Token).AsTask();
        await _test.IsBlockedAsync(LeaderSessions("two"), writer.ProcessID);
        clock.Advance(lease * 0.8);
        await write.CommitAsync(Token);
        await using Leadership second = await next;
        clock.Advance(lease * 0.2);

        second.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task A_writer_that_is_stuck_with_the_term_in_its_hands_is_ended()
    {
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        await first.DisposeAsync();

        await using Leadership second = await Election("two", writeTimeout: TimeSpan.FromMilliseconds(300)).AcquireAsync("scope", Token).AsTask().WaitAsync(s_patience, Token);

        second.Term.ShouldBeGreaterThan(first.Term);
        await Should.ThrowAsync<NpgsqlException>(() => write.CommitAsync(Token));
    }

    [Fact]
    public async Task A_writer_that_was_stuck_before_its_leader_was_replaced_is_ended_at_the_first_look()
    {
        TimeSpan writeTimeout = TimeSpan.FromMilliseconds(300);
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        await Eventually.BecomesTrueAsync(
            async _ => await _test.ScalarAsync<TimeSpan>($"select clock_timestamp() - state_change from pg_stat_activity where pid = {writer.ProcessID}") > writeTimeout,
            s_patience, () => "the writer's transaction stays young", Token);
        await first.DisposeAsync();

        ManualTimeProvider clock = new();
        Task<Leadership> next = Election("two", writeTimeout: writeTimeout, time: clock).AcquireAsync("scope", Token).AsTask();
        await _test.IsBlockedAsync(LeaderSessions("two"), writer.ProcessID);
        clock.Advance(writeTimeout / 2);

        await using Leadership second = await next.WaitAsync(s_patience, Token);
        await Should.ThrowAsync<NpgsqlException>(() => write.CommitAsync(Token));
    }

    [Fact]
    public async Task A_write_that_is_younger_than_its_timeout_is_waited_for_however_often_it_is_looked_at()
    {
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        await using NpgsqlConnection writer = await _test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await HoldTermAsync(writer);
        await first.DisposeAsync();

        string name = $"looks-{_test.Options.Schema}";
        await using NpgsqlDataSource looks = NpgsqlDataSource.Create($"{_test.Options.ConnectionString};Application Name={name}");
        TimeSpan lease = TimeSpan.FromMinutes(10);
        Task<Leadership> next = Election("two", lease: lease, writeTimeout: lease / 2, dataSource: looks).AcquireAsync("scope", Token).AsTask();
        await Eventually.BecomesTrueAsync(
            async _ => await _test.ScalarAsync<long>($"select count(*) from pg_stat_activity where application_name = '{name}' and query like '%pg_terminate_backend%' and state = 'idle'") > 0,
            s_patience, () => "nobody looks after the writer", Token);

        next.IsCompleted.ShouldBeFalse();
        await write.CommitAsync(Token);
        await using Leadership second = await next;
    }

    [Fact]
    public async Task Who_stands_by_is_told_who_leads_from_where_and_since_when()
    {
        await using Leadership first = await Election("one").AcquireAsync("scope", Token);
        LeadershipCandidate candidate = new("scope");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<Leadership> waiting = Election("two").AcquireAsync(candidate, stop.Token).AsTask();

        await Eventually.BecomesTrueAsync(_ => Task.FromResult(candidate.DeniedBy is not null), TimeSpan.FromSeconds(10), () => "nobody was denied", Token);

        LeadershipHolder holder = candidate.DeniedBy.ShouldNotBeNull();
        holder.Name.ShouldBe("one");
        holder.Address.ShouldBe("127.0.0.1");
        holder.SessionId.ShouldBe(await ServerProcessOfAsync("one"));
        holder.Since.ShouldBe(new DateTimeOffset(await _test.ScalarAsync<DateTime>("select acquired_at from $schema$.leadership where scope = 'scope'")));
        (await _test.ScalarAsync<string>("select holder from $schema$.leadership where scope = 'scope'")).ShouldBe("one");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_data_source_of_the_hosts_own_lends_its_password_but_none_of_its_connections()
    {
        string role = $"leader_{_test.Options.Schema}";
        await _test.ExecuteAsync($"create role {role} login superuser password 'hunter2'");
        await using NpgsqlDataSource own = NpgsqlDataSource.Create($"{_test.Options.ConnectionString};Username={role};Password=hunter2;Application Name=host;Multiplexing=true;Keepalive=1");
        await using Leadership first = await Election("one", dataSource: own).AcquireAsync("scope", Token);

        (await _test.ScalarAsync<string>("select application_name from pg_stat_activity a join pg_locks k on k.pid = a.pid where k.locktype = 'advisory' and a.usename = '" + role + "' and k.granted"))
            .ShouldBe("host-leader:scope");

        // Not even when its pool is cleared, or it is disposed.
        own.Clear();
        await own.DisposeAsync();
        await _test.BeatForAsync(s_lease * 1.5, "application_name = 'host-leader:scope'");
        first.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task A_frozen_leader_on_a_data_source_of_the_hosts_own_is_replaced_after_the_lease_too()
    {
        await using Leadership first = await Election("one", time: new ManualTimeProvider(), dataSource: _test.DataSource).AcquireAsync("scope", Token);

        await using Leadership second = await Election("two", dataSource: _test.DataSource).AcquireAsync("scope", Token).AsTask().WaitAsync(s_patience, Token);

        await LostAsync(first);
    }

    [Fact]
    public async Task A_user_that_may_not_touch_the_table_is_refused_with_advice()
    {
        string role = $"nobody_{_test.Options.Schema}";
        await _test.ExecuteAsync($"create role {role} login");

        ChainWatchConfigurationException refused = await Should.ThrowAsync<ChainWatchConfigurationException>(
            async () => await Election("one", connectionString: _test.Options.ConnectionString + $";Username={role}").AcquireAsync("scope", Token));

        refused.Message.ShouldContain("ChainWatch:Postgres");
        refused.Message.ShouldContain("Grant");
    }

    [Fact]
    public async Task A_hot_standby_is_refused_with_advice()
    {
        await using PostgresServer primary = await PostgresServer.StartNewAsync(cancellationToken: Token);
        Assert.SkipUnless(primary.CanHaveStandbys, "This PostgreSQL comes without pg_basebackup, which makes a standby.");
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(primary, schema: "chainwatch");
        await using PostgresServer standby = await PostgresServer.StartStandbyAsync(primary, Token);

        ChainWatchConfigurationException refused = await Should.ThrowAsync<ChainWatchConfigurationException>(
            async () => await test.CreateElection("one", connectionString: standby.ConnectionString).AcquireAsync("scope", Token));

        refused.Message.ShouldContain("hot standby");
        refused.Message.ShouldContain("primary");
    }

    [Fact]
    public async Task A_server_that_is_too_old_is_refused_with_advice()
    {
        await using PostgresServer old = await PostgresServer.StartNewAsync(
            new PostgresServerOptions { BinDirectory = TestTools.PathOf("unsupported", "node_modules", "postgresql-13", "native", "bin") }, Token);
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(old);

        ChainWatchConfigurationException refused = await Should.ThrowAsync<ChainWatchConfigurationException>(
            async () => await test.CreateElection("one").AcquireAsync("scope", Token));

        refused.Message.ShouldContain("idle_session_timeout");
        refused.Message.ShouldContain("Use PostgreSQL 14 or newer");
    }

    private PostgresLeaderElection Election(
        string holder, TimeSpan? lease = null, TimeSpan? writeTimeout = null, TimeProvider? time = null, string? connectionString = null, NpgsqlDataSource? dataSource = null) =>
        _test.CreateElection(holder, new LeadershipOptions { TimeToLive = lease ?? s_lease }, connectionString, dataSource, writeTimeout, time);

    private static string LeaderSessions(string holder) => $"application_name = '{holder}-leader:scope'";

    private async Task HoldTermAsync(NpgsqlConnection writer)
    {
        await using NpgsqlCommand hold = new($"select term from \"{_test.Options.Schema}\".leadership where scope = 'scope' for share", writer);
        await hold.ExecuteScalarAsync(Token);
    }

    private Task<int> ServerProcessOfAsync(string holder) => _test.ScalarAsync<int>($"select pid from pg_stat_activity where {LeaderSessions(holder)}");

    private static async Task SignalAsync(string signal, int process)
    {
        using System.Diagnostics.Process kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", $"{process}"]);
        await kill.WaitForExitAsync(Token);
        kill.ExitCode.ShouldBe(0);
    }

    private Task<long> EndLeaderSessionsAsync(string holder) =>
        _test.ScalarAsync<long>($"select count(pg_terminate_backend(pid)) from pg_stat_activity where {LeaderSessions(holder)}");

    private static async Task LostAsync(Leadership leadership)
    {
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = leadership.Lost.Register(lost.SetResult);
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }
}
