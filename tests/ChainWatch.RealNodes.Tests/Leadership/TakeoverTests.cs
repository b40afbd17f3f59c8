using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>
/// Three replicas whose leader is taken away in every way there is: nothing is lost, nothing is doubled, and no old leader ever writes. How long each fault keeps the chain
/// without a commit is printed, and held to what is promised in the long run; otherwise a busy machine is given more.
/// </summary>
[Collection(MeasuredCollection.Name)]
public sealed class TakeoverTests(Replicas replicas) : IClassFixture<Replicas>
{
    private static readonly TimeSpan Most = Effort.Limit(TimeSpan.FromMilliseconds(500));

    [Fact]
    public async Task A_killed_leader_is_replaced_in_milliseconds()
    {
        var times = await replicas.StrikeAsync("kill -9", Effort.Of(normal: 10, @long: 100), async leader =>
        {
            var fault = DateTime.UtcNow;
            await leader.KillAsync();
            return fault;
        });

        times.Median.ShouldBeLessThanOrEqualTo(Effort.Limit(TimeSpan.FromMilliseconds(100)));
        times.Worst.ShouldBeLessThanOrEqualTo(Most);
    }

    [Fact]
    public async Task A_frozen_leader_is_replaced_after_its_lease_and_writes_nothing_when_it_thaws()
    {
        var pause = Effort.IsLong ? TimeSpan.FromSeconds(10) : TimeSpan.FromSeconds(4);
        var thaw = DateTime.MinValue;
        var times = await replicas.StrikeAsync(
            "SIGSTOP",
            Effort.Of(normal: 2, @long: 30),
            leader =>
            {
                var fault = DateTime.UtcNow;
                leader.Signal("STOP");
                thaw = fault + pause;
                return Task.FromResult(fault);
            },
            async leader =>
            {
                if (thaw > DateTime.UtcNow)
                {
                    await Task.Delay(thaw - DateTime.UtcNow);
                }

                leader.Signal("CONT");
            });

        times.Worst.ShouldBeLessThanOrEqualTo(Replicas.Lease + Most);
    }

    [Fact]
    public async Task A_leader_whose_session_the_server_ends_is_replaced_in_milliseconds()
    {
        var times = await replicas.StrikeAsync("pg_terminate_backend", Effort.Of(normal: 6, @long: 220), async _ =>
        {
            var fault = DateTime.UtcNow;
            await replicas.Postgres.ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and classid = x'43570002'::int");
            return fault;
        });

        times.Worst.ShouldBeLessThanOrEqualTo(Most);
    }

    [Fact]
    public async Task After_a_crash_of_the_database_one_leads_again()
    {
        var times = await replicas.StrikeAsync("crash of PostgreSQL (from its return)", Effort.Of(normal: 1, @long: 20), async _ =>
        {
            await replicas.Postgres.RestartAsync("immediate");
            return DateTime.UtcNow;
        });

        times.Worst.ShouldBeLessThanOrEqualTo(Effort.Limit(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_leader_that_is_asked_to_stop_hands_over_at_once()
    {
        Task<int>? exit = null;
        var times = await replicas.StrikeAsync(
            "SIGTERM",
            Effort.Of(normal: 3, @long: 100),
            leader =>
            {
                var fault = DateTime.UtcNow;
                leader.Signal("TERM");
                exit = leader.WaitForExitAsync();
                return Task.FromResult(fault);
            },
            async leader => (await exit!).ShouldBe(0, leader.LastLines));

        times.Worst.ShouldBeLessThanOrEqualTo(Most);
    }

    [Fact]
    public async Task Everybody_knows_who_leads_from_where_and_since_when()
    {
        var leader = await replicas.AreReadyAsync();
        var holder = (await new MonitorDatabase(replicas.Postgres.ConnectionString, "ethereum").ReadAsync(
            "select holder, acquired_at from chainwatch.leadership where scope = 'ethereum'", reader => (Name: reader.GetString(0), Since: reader.GetDateTime(1)))).Single();

        holder.Name.ShouldEndWith("@" + Environment.MachineName);
        (await Replicas.LeadershipOfAsync(leader))!["since"]!.GetValue<long>().ShouldBeGreaterThan(0);
        foreach (var standby in replicas.Hosts.Where(host => host != leader))
        {
            // A standby looks again once a lease.
            JsonNode? told = null;
            await Eventually.BecomesTrueAsync(
                async _ => (told = (await Replicas.LeadershipOfAsync(standby))!["holder"])?["name"]?.GetValue<string>() == holder.Name, TimeSpan.FromSeconds(20), () => $"{told}");
            told!["address"]!.GetValue<string>().ShouldBe("127.0.0.1");
            told["since"]!.GetValue<long>().ShouldBe(new DateTimeOffset(holder.Since).ToUnixTimeMilliseconds());
        }
    }

    [Fact]
    public async Task Through_a_transaction_pooler_it_does_not_start_and_says_what_to_do()
    {
        Assert.SkipWhen(PostgresServerPooler.Program is null, "PgBouncer is not installed (Debian package pgbouncer).");
        await replicas.AreReadyAsync();
        await using var pooler = await PostgresServerPooler.StartAsync(replicas.Postgres);

        await RefusesAsync(pooler.Through(replicas.Postgres.ConnectionString), "pooler", "Connect to PostgreSQL directly");
    }

    [Fact]
    public async Task On_a_hot_standby_it_does_not_start_and_says_what_to_do()
    {
        Assert.SkipUnless(replicas.Postgres.CanHaveStandbys, "This PostgreSQL comes without pg_basebackup, which makes a standby.");
        await replicas.AreReadyAsync();
        await using var standby = await PostgresServer.StartStandbyAsync(replicas.Postgres);

        await RefusesAsync(standby.ConnectionString, "hot standby", "Connect to the primary");
    }

    [Fact]
    public async Task On_a_server_that_is_too_old_it_does_not_start_and_says_what_to_do()
    {
        await replicas.AreReadyAsync();
        await using var old = await PostgresServer.StartNewAsync(new PostgresServerOptions { BinDirectory = TestTools.PathOf("unsupported", "node_modules", "postgresql-13", "native", "bin") });

        await RefusesAsync(old.ConnectionString, "leadership cannot be held safely", "Use PostgreSQL 14 or newer");
    }

    [Fact]
    public async Task As_a_user_without_the_privileges_it_does_not_start_and_says_what_to_do()
    {
        await replicas.AreReadyAsync();
        await replicas.Postgres.ExecuteAsync("create role powerless login");

        await RefusesAsync($"{replicas.Postgres.ConnectionString};Username=powerless", "may not", "Grant it");
    }

    private async Task RefusesAsync(string connectionString, params string[] says)
    {
        var settings = replicas.SettingsFor(4);
        settings["ChainWatch:Postgres:ConnectionString"] = connectionString;
        await using var host = new DepositMonitorHost(settings);
        host.Start();

        (await host.WaitForExitAsync()).ShouldBe(78, host.Output);

        host.Output.ShouldContain("ChainWatch:Postgres");
        says.ShouldAllBe(words => host.Output.Contains(words));
    }
}
