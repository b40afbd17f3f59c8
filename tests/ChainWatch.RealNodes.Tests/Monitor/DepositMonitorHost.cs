using System.Globalization;
using System.Text.Json.Nodes;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>samples/DepositMonitor as a process of its own, configured by environment variables only, as an orchestrator would run it.</summary>
internal sealed class DepositMonitorHost : IAsyncDisposable
{
    private readonly Dictionary<string, string?> _environment;
    private readonly HttpClient _http;
    private ChildProcess? _process;

    public DepositMonitorHost(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        _environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = Url,
            ["DOTNET_ENVIRONMENT"] = "Production",
            // A start is dominated by compiling; the first, quick compilation is all that a test waits for.
            ["DOTNET_TieredPGO"] = "0",
        };
        if (!Effort.IsLong)
        {
            // Nor is what is compiled well compiled better: most of these processes are gone before that pays, and there are hundreds of them. Where times are held, they are, as elsewhere.
            _environment["DOTNET_TC_CallCountingDelayMs"] = "60000";
        }

        foreach (var (name, value) in settings)
        {
            _environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        _http = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(10) };
    }

    public string Url { get; }

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>How much time of processors it has used since it was started.</summary>
    public TimeSpan ProcessorTime => _process!.ProcessorTime;

    public string Output => _process?.Output ?? "";

    /// <summary>The end of its output, short enough to be read.</summary>
    public string LastLines => string.Join('\n', Output.Split('\n').TakeLast(25).Select(line => line.Length > 300 ? line[..300] + "…" : line));

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>The settings of a chain that is watched at one node, from its first block on.</summary>
    public static Dictionary<string, string?> SettingsFor(EthereumNode node, EthereumTraffic traffic, string connectionString, bool withInternal = true)
    {
        const string chain = "ChainWatch:Chains:ethereum";
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ChainWatch:Postgres:ConnectionString"] = connectionString,
            [$"{chain}:Kind"] = "evm",
            [$"{chain}:Endpoints:0:Url"] = node.Url,
            [$"{chain}:Endpoints:0:WebSocketUrl"] = node.WebSocketUrl,
            [$"{chain}:StartAt"] = "0",
            [$"{chain}:Confirmations"] = "12",
            [$"{chain}:PollInterval"] = "00:00:00.100",
            [$"{chain}:InternalTransfers"] = withInternal ? "true" : "false",
            [$"{chain}:Tokens:0:Symbol"] = "TST",
            [$"{chain}:Tokens:0:Contract"] = traffic.Contracts.TokenAddress,
            [$"{chain}:Tokens:0:Decimals"] = "6",
        };
        for (var index = 0; index < traffic.Watched.Count; index++)
        {
            settings[$"{chain}:Addresses:{index}"] = traffic.Watched[index];
        }

        return settings;
    }

    public void Start()
    {
        var program = SamplePrograms.PathOf("DepositMonitor");
        _process = ChildProcess.Start(program, [], _environment, Path.GetDirectoryName(program));
        Starts++;
    }

    public Task KillAsync() => _process?.KillAsync() ?? Task.CompletedTask;

    /// <summary>Sends it a signal, by name.</summary>
    public void Signal(string signal) => _process!.Signal(signal);

    /// <summary>Asks it to stop, and waits for its exit code.</summary>
    public async Task<int> StopAsync()
    {
        _process!.Terminate();
        return await WaitForExitAsync();
    }

    public async Task<int> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            return await _process!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"DepositMonitor did not end within a minute: {Output}");
        }
    }

    /// <summary>
    /// Waits until it has read the chain up to the node's head, and the handler has heard everything. A head that is one of its own blocks is one too: a chain that is only
    /// shorter looks like a node that lags, and nothing may be taken back for that. If it ends by itself meanwhile, it is started again.
    /// </summary>
    public Task CatchUpAsync(EthereumNode node, MonitorDatabase database, TimeSpan patience) =>
        CatchUpAsync(async () => (await node.Rpc.CallAsync("eth_getBlockByNumber", "latest", false))!["hash"]!.GetValue<string>(), database, patience);

    /// <summary>The same for any node: <paramref name="readHead"/> says the hash of its head.</summary>
    public async Task CatchUpAsync(Func<Task<string>> readHead, MonitorDatabase database, TimeSpan patience)
    {
        var state = "";
        await Eventually.BecomesTrueAsync(
            async _ =>
            {
                if (!IsRunning)
                {
                    Start();
                }

                var head = await readHead();
                var cursor = await database.ReadCursorAsync();
                var holds = await database.HoldsBlockAsync(head);
                // Asked for after the block: its events were there with it, and are delivered if they are gone.
                var outbox = await database.CountOutboxAsync();
                state = $"the cursor is {cursor}, the head {head}, {outbox} events wait; {Starts} starts";
                return holds && outbox == 0;
            },
            patience,
            () => $"{state}\n{LastLines}");
    }

    /// <summary>What it answers, whether it is well or not.</summary>
    public async Task<JsonNode?> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
