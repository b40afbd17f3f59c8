using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Three DepositMonitors on one database and one chain, which grows all the time.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly DepositMonitorHost[] _hosts;
    private readonly EthereumNode _node;
    private readonly EthereumTraffic _traffic;
    private readonly ChainScan _scan;
    private readonly MonitorDatabase _database;
    private readonly CancellationTokenSource _stop = new();
    private Task _mining = Task.CompletedTask;

    private Replicas(PostgresServer postgres, EthereumNode node, EthereumTraffic traffic, DepositMonitorHost[] hosts)
    {
        Postgres = postgres;
        _node = node;
        _traffic = traffic;
        _hosts = hosts;
        _scan = new ChainScan(node, traffic, withInternal: false);
        _database = new MonitorDatabase(postgres.ConnectionString, "ethereum");
        Trace = new CommitTrace(postgres.ConnectionString);
    }

    public PostgresServer Postgres { get; }

    public CommitTrace Trace { get; }

    public IReadOnlyList<DepositMonitorHost> Hosts => _hosts;

    public string LastLines => string.Join("\n\n", _hosts.Select((host, index) => $"replica-{index + 1}:\n{host.LastLines}"));

    /// <summary>Starts everything, and waits until one leads and the others stand by, ready.</summary>
    public static async Task<Replicas> StartAsync(int seed, TimeSpan lease, int count = 3)
    {
        var postgres = await PostgresServer.StartNewAsync();
        var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = await EthereumTraffic.CreateAsync(node, seed, withInternal: false);
        var hosts = Enumerable.Range(1, count).Select(number =>
        {
            var settings = DepositMonitorHost.SettingsFor(node, traffic, postgres.ConnectionString, withInternal: false);
            settings["ChainWatch:Instance"] = string.Create(CultureInfo.InvariantCulture, $"replica-{number}");
            settings["ChainWatch:Leadership:TimeToLive"] = lease.ToString("c", CultureInfo.InvariantCulture);
            return new DepositMonitorHost(settings);
        }).ToArray();
        var replicas = new Replicas(postgres, node, traffic, hosts);
        try
        {
            foreach (var host in hosts)
            {
                host.Start();
            }

            await replicas.AreReadyAsync();
            await replicas.Trace.InstallAsync();
            return replicas;
        }
        catch
        {
            await replicas.DisposeAsync();
            throw;
        }
    }

    /// <summary>Mines a block again and again, with a payment in every third.</summary>
    public void Mine(TimeSpan every)
    {
        _mining = MineAsync();

        async Task MineAsync()
        {
            using var timer = new PeriodicTimer(every);
            for (var block = 0; !_stop.IsCancellationRequested; block++)
            {
                if (block % 3 == 0)
                {
                    await _traffic.SendAsync();
                }

                await _node.MineAsync();
                if (block % 100 == 99)
                {
                    await _scan.RememberAsync();
                }

                await timer.WaitForNextTickAsync();
            }
        }
    }

    /// <summary>Waits until one leads and all others stand by, ready; those that have ended are started again.</summary>
    /// <returns>The leader.</returns>
    public async Task<DepositMonitorHost> AreReadyAsync()
    {
        DepositMonitorHost? leader = null;
        var state = "";
        await Eventually.BecomesTrueAsync(
            async _ =>
            {
                foreach (var host in _hosts.Where(host => !host.IsRunning))
                {
                    host.Start();
                }

                var states = await Task.WhenAll(_hosts.Select(LeadershipOfAsync));
                state = string.Join(", ", states.Select(one => one?.ToJsonString() ?? "no answer"));
                leader = states.Count(one => one?["role"]?.GetValue<string>() == "leader") == 1
                    ? _hosts[Array.FindIndex(states, one => one?["role"]?.GetValue<string>() == "leader")]
                    : null;
                return leader is not null && states.All(one => one?["ready"]?.GetValue<bool>() is true);
            },
            Patience,
            () => $"{state}\n{LastLines}");
        return leader!;
    }

    /// <summary>What an instance says about who leads; <see langword="null"/> when it does not answer.</summary>
    public static async Task<JsonNode?> LeadershipOfAsync(DepositMonitorHost host)
    {
        try
        {
            return (await host.GetAsync("/health/detailed"))!["chains"]!["ethereum"]!["leadership"];
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Waits for the first commit of a newer term than this, and says how long after a moment it came.</summary>
    public async Task<TimeSpan> NextTermAsync(long term, DateTime since)
    {
        DateTime? at = null;
        await Eventually.BecomesTrueAsync(async _ => (at = await Trace.FirstCommitAfterAsync(term)) is not null, Patience, () => LastLines);
        return at!.Value - since;
    }

    /// <summary>Ends the growth of the chain, waits until everything is read and told, and compares it with the chain. No commit may have been of an old term.</summary>
    public async Task JudgeAsync()
    {
        await StopMiningAsync();
        await _node.MineAsync(EthereumChaos.SettledDepth);
        var leader = await AreReadyAsync();
        await leader.CatchUpAsync(_node, _database, TimeSpan.FromMinutes(2));
        await MonitorJudge.JudgeAsync(_scan, _database);
        (await Trace.CountStaleAsync()).ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        await StopMiningAsync();
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _node.DisposeAsync();
        await Postgres.DisposeAsync();
        _stop.Dispose();
    }

    private async Task StopMiningAsync()
    {
        await _stop.CancelAsync();
        await _mining;
    }
}
