using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Three DepositMonitors on one database and one chain, as a fixture of the tests that take their leader away.</summary>
public sealed class Replicas : IAsyncLifetime
{
    private const int Count = 3;
    private static readonly int BlocksBetween = Effort.Of(normal: 20, @long: 100);
    private const double CoresAtRest = 0.3;
    private static readonly TimeSpan MostRest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly bool _apart;
    private DepositMonitorHost[] _hosts = [];
    private EthereumNode? _node;
    private EthereumTraffic? _traffic;
    private ChainScan? _scan;
    private MonitorDatabase? _database;
    private CommitTrace? _trace;

    /// <summary>Replicas that reach the database at one address.</summary>
    public Replicas()
        : this(apart: false)
    {
    }

    /// <param name="apart">Whether each reaches the database at an address of its own, <see cref="DatabaseAddressOf"/>, so that one alone can be cut off from it.</param>
    internal Replicas(bool apart)
    {
        _apart = apart;
    }

    /// <summary>How long a leader that is not heard of keeps the chain.</summary>
    public static TimeSpan Lease { get; } = TimeSpan.FromSeconds(2);

    /// <summary>How often there is a block while the leader is taken away.</summary>
    public static TimeSpan BlockTime { get; } = TimeSpan.FromMilliseconds(20);

    internal PostgresServer Postgres { get; private set; } = null!;

    internal CommitTrace Trace => _trace!;

    internal IReadOnlyList<DepositMonitorHost> Hosts => _hosts;

    internal string LastLines => string.Join("\n\n", _hosts.Select((host, index) => $"replica-{index + 1}:\n{host.LastLines}"));

    /// <summary>Starts everything, and waits until one leads and the others stand by, ready.</summary>
    public async ValueTask InitializeAsync()
    {
        var addresses = _apart ? $"127.0.0.1,{string.Join(',', Enumerable.Range(1, Count).Select(DatabaseAddressOf))}" : "127.0.0.1";
        Postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["listen_addresses"] = addresses } });
        _node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
        var traffic = _traffic = await EthereumTraffic.CreateAsync(_node, seed: 1, withInternal: false);
        _scan = new ChainScan(_node, traffic, withInternal: false);
        _database = new MonitorDatabase(Postgres.ConnectionString, "ethereum");
        _trace = new CommitTrace(Postgres.ConnectionString);
        _hosts = [.. Enumerable.Range(1, Count).Select(number => new DepositMonitorHost(SettingsFor(number)))];
        await AreReadyAsync();
        await _trace.InstallAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_trace is not null)
        {
            await _trace.DisposeAsync();
        }

        await Postgres.DisposeAsync();
    }

    /// <summary>The address at which a replica reaches the database, where they are apart.</summary>
    internal static string DatabaseAddressOf(int number) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.{10 + number}");

    /// <summary>The number of a replica, from 1.</summary>
    internal int NumberOf(DepositMonitorHost host) => Array.IndexOf(_hosts, host) + 1;

    /// <summary>The settings of one replica.</summary>
    internal Dictionary<string, string?> SettingsFor(int number)
    {
        var database = new NpgsqlConnectionStringBuilder(Postgres.ConnectionString);
        if (_apart)
        {
            database.Host = DatabaseAddressOf(number);
        }

        var settings = DepositMonitorHost.SettingsFor(_node!, _traffic!, database.ConnectionString, withInternal: false);
        settings["ChainWatch:Instance"] = string.Create(CultureInfo.InvariantCulture, $"replica-{number}");
        settings["ChainWatch:Leadership:TimeToLive"] = Lease.ToString("c", CultureInfo.InvariantCulture);
        return settings;
    }

    /// <summary>
    /// Takes the leader away again and again, while a block comes every 20 ms, and measures how long it takes each time until another one has committed something. In the
    /// end everything must be as the chain says, and no commit may have been of an old term.
    /// </summary>
    /// <param name="fault">What is done to it, in words.</param>
    /// <param name="times">How often.</param>
    /// <param name="strike">Does it. It returns the moment of the fault.</param>
    /// <param name="after">What follows when another one leads.</param>
    internal async Task<TakeoverTimes> StrikeAsync(string fault, int times, Func<DepositMonitorHost, Task<DateTime>> strike, Func<DepositMonitorHost, Task>? after = null)
    {
        var measured = new TakeoverTimes(fault);
        using (var stop = new CancellationTokenSource())
        {
            var mining = MineAsync(stop.Token);
            try
            {
                for (var time = 0; time < times; time++)
                {
                    var leader = await AreReadyAsync();
                    await SettleAsync();
                    var term = await Trace.NewestTermAsync();
                    var at = await strike(leader);
                    measured.Add(await NextTermAsync(term, at));
                    if (after is not null)
                    {
                        await after(leader);
                    }
                }
            }
            finally
            {
                await stop.CancelAsync();
                await mining;
            }
        }

        Effort.Say(measured.ToString());
        await JudgeAsync();
        return measured;
    }

    /// <summary>Waits until one leads and all others stand by, ready; those that have ended are started again.</summary>
    /// <returns>The leader.</returns>
    internal async Task<DepositMonitorHost> AreReadyAsync()
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
                var leaders = _hosts.Where((_, index) => states[index]?["role"]?.GetValue<string>() == "leader").ToList();
                leader = leaders.Count == 1 ? leaders[0] : null;
                return leader is not null && states.All(one => one?["ready"]?.GetValue<bool>() is true);
            },
            Patience,
            () => $"{state}\n{LastLines}");
        return leader!;
    }

    /// <summary>What an instance says about who leads; <see langword="null"/> when it does not answer.</summary>
    internal static async Task<JsonNode?> LeadershipOfAsync(DepositMonitorHost host)
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

    private async Task MineAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(BlockTime);
        for (var block = 0; !stop.IsCancellationRequested; block++)
        {
            if (block % 3 == 0)
            {
                await _traffic!.SendAsync();
            }

            await _node!.MineAsync();
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// Waits for some more blocks. Where times are held to what is promised, it also waits until the replicas use little of the processors: one that has just been started compiles itself for a while,
    /// and takes the machine from the one that is to take over, which shares two cores with it here, and would not elsewhere.
    /// </summary>
    private async Task SettleAsync()
    {
        var since = await Trace.CountAsync();
        await Eventually.BecomesTrueAsync(async _ => await Trace.CountAsync() > since + BlocksBetween, Patience, () => LastLines);
        var began = Stopwatch.GetTimestamp();
        while (Effort.IsLong && Stopwatch.GetElapsedTime(began) < MostRest && await CoresInUseAsync() > CoresAtRest)
        {
            // It has waited while it measured.
        }
    }

    private async Task<double> CoresInUseAsync()
    {
        var before = ProcessorTime();
        var began = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(0.5));
        return (ProcessorTime() - before) / Stopwatch.GetElapsedTime(began);
    }

    private TimeSpan ProcessorTime() => _hosts.Aggregate(TimeSpan.Zero, (sum, host) => sum + host.ProcessorTime);

    /// <summary>Waits for the first commit of a newer term than this, and says how long after a moment it came.</summary>
    private async Task<TimeSpan> NextTermAsync(long term, DateTime since)
    {
        DateTime? at = null;
        await Eventually.BecomesTrueAsync(async _ => (at = await Trace.FirstCommitAfterAsync(term)) is not null, Patience, () => LastLines);
        return at!.Value - since;
    }

    private async Task JudgeAsync()
    {
        // One more than it ever was, and everything before it settled.
        await _node!.MineAsync(EthereumChaos.SettledDepth);
        var leader = await AreReadyAsync();
        await leader.CatchUpAsync(_node, _database!, Patience);
        await MonitorJudge.JudgeAsync(_scan!, _database!);
        (await Trace.CountStaleAsync()).ShouldBe(0);
    }
}
