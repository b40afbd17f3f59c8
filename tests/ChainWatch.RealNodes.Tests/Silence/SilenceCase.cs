using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>DepositMonitor before a node of its own, in a database of its own, with timeouts of seconds: what it says when its chain falls silent, and when.</summary>
internal sealed class SilenceCase : IAsyncDisposable
{
    public static readonly TimeSpan EventTimeout = TimeSpan.FromSeconds(6);
    public static readonly TimeSpan CriticalTimeout = TimeSpan.FromSeconds(10);
    private const string Chain = "ChainWatch:Chains:ethereum";
    private static readonly TimeSpan BlockTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private CancellationTokenSource _mining = new();
    private Task _miner = Task.CompletedTask;
    private long _aliveAt;

    private SilenceCase(EthereumNode node, DepositMonitorHost monitor)
    {
        Node = node;
        Monitor = monitor;
    }

    public EthereumNode Node { get; }

    public DepositMonitorHost Monitor { get; }

    /// <summary>Starts the monitor, and waits until it keeps up with a node that mines.</summary>
    /// <param name="postgres">The server in which the case gets a database.</param>
    /// <param name="name">The database.</param>
    /// <param name="node">The node.</param>
    /// <param name="endpoints">The URLs of the endpoints, each with that for its pushes, if it has one.</param>
    /// <param name="more">Further settings; those of the chain begin with a colon.</param>
    public static async Task<SilenceCase> StartAsync(PostgresServer postgres, string name, EthereumNode node, (string Url, string? WebSocketUrl)[] endpoints, params (string Key, string? Value)[] more)
    {
        await postgres.ExecuteAsync($"drop database if exists {name} with (force)");
        await postgres.ExecuteAsync($"create database {name}");
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ChainWatch:Postgres:ConnectionString"] = $"{postgres.ConnectionString};Database={name}",
            // Longer than all of it: who has lost the scope has no feed that could be silent.
            ["ChainWatch:Leadership:TimeToLive"] = "00:01:00",
            ["ChainWatch:FailFast:CriticalTimeout"] = CriticalTimeout.ToString("c", CultureInfo.InvariantCulture),
            ["ChainWatch:FailFast:CheckInterval"] = "00:00:01",
            [$"{Chain}:Kind"] = "evm",
            [$"{Chain}:EventTimeout"] = EventTimeout.ToString("c", CultureInfo.InvariantCulture),
            [$"{Chain}:PollInterval"] = "00:00:00.100",
            [$"{Chain}:Confirmations"] = "2",
        };
        for (var index = 0; index < endpoints.Length; index++)
        {
            settings[$"{Chain}:Endpoints:{index}:Url"] = endpoints[index].Url;
            settings[$"{Chain}:Endpoints:{index}:WebSocketUrl"] = endpoints[index].WebSocketUrl;
        }

        foreach (var (key, value) in more)
        {
            settings[key.StartsWith(':') ? Chain + key : key] = value;
        }

        var one = new SilenceCase(node, new DepositMonitorHost(settings));
        one.Mine();
        one.Monitor.Start();
        return one;
    }

    /// <summary>Waits until the monitor is healthy and has committed a block.</summary>
    public Task BeHealthyAsync(int subscriptions) => Eventually.BecomesTrueAsync(
        async _ =>
        {
            var (status, health) = await AskAsync("/health");
            var chain = health["chains"]!["ethereum"]!;
            return status == 200 && chain["healthy"]!.GetValue<bool>() && chain["subscriptions"]!.GetValue<int>() == subscriptions && chain["eventCounts"]!["blocks"]!.GetValue<long>() > 3;
        },
        Patience,
        () => Monitor.LastLines);

    /// <summary>Ends the mining; what was mined last is the last life that there is.</summary>
    public async Task StopMiningAsync()
    {
        await _mining.CancelAsync();
        await _miner;
    }

    /// <summary>From now on counts as silent.</summary>
    public void FallSilent() => _aliveAt = Stopwatch.GetTimestamp();

    /// <summary>Waits for the verdict: how long after the silence began it came, and its reason.</summary>
    public async Task<(TimeSpan After, string Verdict, string Reason)> JudgedAsync()
    {
        JsonNode? chain = null;
        await Eventually.BecomesTrueAsync(
            async _ =>
            {
                var (status, health) = await AskAsync("/health");
                chain = health["chains"]!["ethereum"];
                return status == 503;
            },
            Patience,
            () => $"{chain?.ToJsonString()}\n{Monitor.LastLines}");
        return (Stopwatch.GetElapsedTime(_aliveAt), chain!["verdict"]?.GetValue<string>() ?? "", chain["reason"]?.GetValue<string>() ?? "");
    }

    /// <summary>Waits for the end of the process: how long after the silence began it came, and its exit code.</summary>
    public async Task<(TimeSpan After, int ExitCode)> EndedAsync()
    {
        var code = await Monitor.WaitForExitAsync();
        return (Stopwatch.GetElapsedTime(_aliveAt), code);
    }

    public async Task<(int Status, JsonNode Body)> AskAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Monitor.Url + path));
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    public async ValueTask DisposeAsync()
    {
        await _mining.CancelAsync();
        // What it failed with would hide why the case ends.
        await Task.WhenAny(_miner);
        _mining.Dispose();
        _http.Dispose();
        await Monitor.DisposeAsync();
    }

    /// <summary>Mines a block now and then, until it is told to stop.</summary>
    private void Mine()
    {
        _mining = new CancellationTokenSource();
        _miner = MineAsync(_mining.Token);
    }

    private async Task MineAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Node.MineAsync();
            try
            {
                await Task.Delay(BlockTime, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
