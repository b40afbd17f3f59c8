using System.Collections.Concurrent;
using System.Diagnostics;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Two replicas each, of which one is told to stop: in the middle of catching up, of delivering, and of waiting. They run side by side.</summary>
public sealed class ShutdownCases : IAsyncLifetime
{
    private const string Chain = "ChainWatch:Chains:ethereum";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, Task<ShutdownOutcome>> _outcomes = new(StringComparer.Ordinal);
    private PostgresServer? _postgres;

    /// <summary>How long a handler under way may go on.</summary>
    public static TimeSpan DrainTimeout { get; } = TimeSpan.FromSeconds(2);

    internal Task<ShutdownOutcome> OfAsync(string name) => _outcomes[name];

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.StartNewAsync();
        _outcomes["catching_up"] = WhileCatchingUpAsync();
        _outcomes["delivering"] = WhileDeliveringAsync();
        _outcomes["standing_by"] = WhileStandingByAsync();
        _outcomes["unhandled"] = AfterAnExceptionThatNobodyCaughtAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A case that failed has told so to its test.
        await Task.WhenAny(Task.WhenAll(_outcomes.Values));
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    private async Task<ShutdownOutcome> WhileCatchingUpAsync()
    {
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed: 1, withInternal: false);
        await node.Rpc.CallAsync("anvil_mine", "0x7d0");
        var database = await NewDatabaseAsync("catching_up");
        // At the pace of a poor endpoint: the end of the chain is far when the signal comes.
        var settings = SettingsFor(node, traffic, "catching_up", ($"{Chain}:Endpoints:0:RequestsPerSecond", "40"), ($"{Chain}:Endpoints:0:Burst", "1"), ($"{Chain}:BatchSize", "10"), ($"{Chain}:Endpoints:0:WebSocketUrl", null));
        await using var leader = new DepositMonitorHost(settings);
        await using var standby = new DepositMonitorHost(settings);
        await LeadAsync(leader, standby, database);
        await Eventually.BecomesTrueAsync(async _ => (await database.ReadCursorAsync())?.Height is > 50, Patience, () => leader.LastLines);
        var outcome = await StopAsync(leader, database, takenOver: true);
        (await database.ReadCursorAsync())!.Value.Height.ShouldBeLessThan(2000, "it was still catching up");
        var blocks = await database.ReadCanonicalBlocksAsync();
        blocks.Skip(1).Zip(blocks).ShouldAllBe(pair => pair.First.ParentHash == pair.Second.Hash);
        (await database.ReadCursorAsync())!.Value.Height.ShouldBeGreaterThanOrEqualTo(blocks[^1].Height);
        (await standby.StopAsync()).ShouldBe(0, standby.LastLines);
        return outcome;
    }

    private async Task<ShutdownOutcome> WhileDeliveringAsync()
    {
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed: 2, withInternal: false);
        var database = await NewDatabaseAsync("delivering");
        var settings = SettingsFor(node, traffic, "delivering", ("ChainWatch:Delivery:DrainTimeout", DrainTimeout.ToString("c")), ($"{Chain}:Confirmations", "1"));
        await using var leader = new DepositMonitorHost(settings);
        await using var standby = new DepositMonitorHost(settings);
        await LeadAsync(leader, standby, database);
        await leader.CatchUpAsync(node, database, Patience);
        ShutdownOutcome outcome;
        await using (var connection = new NpgsqlConnection(ConnectionStringOf("delivering")))
        {
            // No handler comes to its end as long as this is held.
            await connection.OpenAsync();
            await using var held = await connection.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("lock table deposit_balance in access exclusive mode", connection, held);
            await hold.ExecuteNonQueryAsync();
            for (var payment = 0; payment < 20; payment++)
            {
                await traffic.SendAsync();
            }

            await node.MineAsync();
            await Eventually.BecomesTrueAsync(
                async _ => (await database.ReadAsync("select count(*) from pg_locks where not granted", reader => reader.GetInt64(0))).Single() > 8,
                Patience,
                () => leader.LastLines);
            outcome = await StopAsync(leader, database, takenOver: true);
            await held.RollbackAsync();
        }

        await standby.CatchUpAsync(node, database, Patience);
        var events = await database.ReadEventsAsync();
        events.Count.ShouldBeGreaterThan(10);
        (await database.ReadHandledAsync()).Select(one => one.Sequence).ShouldBe(events.Select(one => one.Sequence), "each event is handled, and once");
        (await standby.StopAsync()).ShouldBe(0, standby.LastLines);
        return outcome;
    }

    private async Task<ShutdownOutcome> WhileStandingByAsync()
    {
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed: 3, withInternal: false);
        var database = await NewDatabaseAsync("standing_by");
        var settings = SettingsFor(node, traffic, "standing_by", ("ChainWatch:Readiness:DrainDelay", "00:00:01"));
        await using var leader = new DepositMonitorHost(settings);
        await using var standby = new DepositMonitorHost(settings);
        await LeadAsync(leader, standby, database);
        var stopping = StopAsync(standby, database, takenOver: false);
        using var http = new HttpClient();
        await Eventually.BecomesTrueAsync(
            async cancellation =>
            {
                using var answer = await http.GetAsync(new Uri(standby.Url + "/health/ready"), cancellation);
                return (int)answer.StatusCode == 503 && (await answer.Content.ReadAsStringAsync(cancellation)).Contains("\"reason\":\"stopping\"", StringComparison.Ordinal);
            },
            Patience,
            () => standby.LastLines);
        var outcome = await stopping;
        await node.MineAsync();
        await leader.CatchUpAsync(node, database, Patience);
        (await ReadTermAsync(database)).Term.ShouldBe(1, "the leader leads on");
        (await leader.StopAsync()).ShouldBe(0, leader.LastLines);
        return outcome;
    }

    /// <summary>An exception that nobody caught stops the host as a signal does.</summary>
    private async Task<ShutdownOutcome> AfterAnExceptionThatNobodyCaughtAsync()
    {
        using var harm = new Harm();
        await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed: 4, withInternal: false);
        var database = await NewDatabaseAsync("unhandled");
        var settings = SettingsFor(node, traffic, "unhandled");
        await using var leader = new DepositMonitorHost([.. settings, .. harm.Environment]);
        await using var standby = new DepositMonitorHost(settings);
        await LeadAsync(leader, standby, database);
        var thrown = DateTime.UtcNow;
        var began = Stopwatch.GetTimestamp();
        harm.Do(StartupHook.Throw);
        (long Term, DateTime At) next = default;
        await Eventually.BecomesTrueAsync(async _ => (next = await ReadTermAsync(database)).Term > 1, Patience, () => leader.LastLines);
        var code = await leader.WaitForExitAsync();
        var took = Stopwatch.GetElapsedTime(began);
        (await standby.StopAsync()).ShouldBe(0, standby.LastLines);
        return new ShutdownOutcome(code, took, next.At - thrown, leader.Output);
    }

    /// <summary>Starts both, the leader first.</summary>
    private static async Task LeadAsync(DepositMonitorHost leader, DepositMonitorHost standby, MonitorDatabase database)
    {
        leader.Start();
        await Eventually.BecomesTrueAsync(async _ => (await ReadTermAsync(database)).Term == 1, Patience, () => leader.LastLines);
        standby.Start();
        await Eventually.BecomesTrueAsync(
            async _ => (await standby.GetAsync("/health/ready"))?["role"]?.GetValue<string>() == "standby",
            Patience,
            () => standby.LastLines);

        // It says so as soon as it does not lead; it stands in line a moment later.
        await Eventually.BecomesTrueAsync(
            async _ => (await database.ReadAsync("select count(*) from pg_locks where locktype = 'advisory' and not granted", reader => reader.GetInt64(0))).Single() > 0,
            Patience,
            () => standby.LastLines);
    }

    private static async Task<ShutdownOutcome> StopAsync(DepositMonitorHost monitor, MonitorDatabase database, bool takenOver)
    {
        var before = await ReadTermAsync(database);
        var signalled = DateTime.UtcNow;
        var began = Stopwatch.GetTimestamp();
        var ending = monitor.StopAsync();
        TimeSpan? after = null;
        if (takenOver)
        {
            (long Term, DateTime At) next = default;
            await Eventually.BecomesTrueAsync(async _ => (next = await ReadTermAsync(database)).Term > before.Term, Patience, () => monitor.LastLines);
            after = next.At - signalled;
        }

        var code = await ending;
        return new ShutdownOutcome(code, Stopwatch.GetElapsedTime(began), after, monitor.Output);
    }

    private static async Task<(long Term, DateTime At)> ReadTermAsync(MonitorDatabase database) =>
        (await database.ReadAsync("select term, acquired_at from chainwatch.leadership where scope = 'ethereum'", reader => (reader.GetInt64(0), reader.GetDateTime(1)))).SingleOrDefault();

    private static Dictionary<string, string?> Merge(Dictionary<string, string?> settings, (string Key, string? Value)[] more)
    {
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        return settings;
    }

    private Dictionary<string, string?> SettingsFor(EthereumNode node, EthereumTraffic traffic, string name, params (string Key, string? Value)[] more) =>
        Merge(DepositMonitorHost.SettingsFor(node, traffic, ConnectionStringOf(name), withInternal: false), more);

    private string ConnectionStringOf(string name) => $"{_postgres!.ConnectionString};Database={name}";

    private async Task<MonitorDatabase> NewDatabaseAsync(string name)
    {
        await _postgres!.ExecuteAsync($"create database {name}");
        return new MonitorDatabase(ConnectionStringOf(name), "ethereum");
    }
}
