using System.Globalization;
using System.Text.Json.Nodes;

namespace ChainWatch.TestInfrastructure;

/// <summary>A real node of Bitcoin's kind on its regression test network, with a wallet that has coins. Blocks are mined when the test says so, and only then.</summary>
public sealed class BitcoinNode : IAsyncDisposable
{
    // Of Litecoin's regression test network.
    private const int FirstExtensionBlock = 432;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly string _program;
    private readonly string[] _arguments;
    private ChildProcess _process;

    private BitcoinNode(BitcoinNodeKind kind, string folder, int port, int pushPort)
    {
        Kind = kind;
        _folder = folder;
        var number = port.ToString(CultureInfo.InvariantCulture);
        Url = $"http://127.0.0.1:{number}";
        CookieFile = Path.Combine(folder, "regtest", ".cookie");
        PushUrl = kind == BitcoinNodeKind.Knots ? string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{pushPort}") : null;
        string[] common =
        [
            "-regtest", $"-datadir={folder}", "-server", "-rpcauth=" + Credentials.RpcAuth, $"-rpcport={number}", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1", "-listen=0", "-dnsseed=0", "-connect=0",
            "-fallbackfee=0.001", "-acceptnonstdtxn=1", "-permitbaremultisig=1", "-rpcthreads=8", "-rpcworkqueue=128", "-keypool=20", "-maxtxfee=10", "-printtoconsole=0",
        ];
        if (kind == BitcoinNodeKind.Knots)
        {
            // Built against a newer C library than this machine's, so it comes with its own, and its loader.
            var root = TestTools.PathOf("knots");
            var libraries = Path.Combine(root, "usr", "lib", "x86_64-linux-gnu");
            _program = Path.Combine(libraries, "ld-linux-x86-64.so.2");
            _arguments =
            [
                "--library-path", $"{libraries}:/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu", Path.Combine(root, "usr", "bin", "bitcoind"), .. common,
                $"-zmqpubhashblock={PushUrl}", $"-zmqpubsequence={PushUrl}",
            ];
        }
        else
        {
            _program = "/usr/bin/litecoind";
            _arguments = common;
        }

        _process = ChildProcess.Start(_program, _arguments);
        Rpc = new JsonRpcClient($"http://{Credentials.User}:{Credentials.Password}@127.0.0.1:{number}/");
        Wallet = new JsonRpcClient($"http://{Credentials.User}:{Credentials.Password}@127.0.0.1:{number}/wallet/w");
        Hidden = new JsonRpcClient($"http://{Credentials.User}:{Credentials.Password}@127.0.0.1:{number}/wallet/m");
    }

    /// <summary>Which implementation it is.</summary>
    public BitcoinNodeKind Kind { get; }

    /// <summary>Where it answers requests; they need its cookie.</summary>
    public string Url { get; }

    /// <summary>The file that holds its cookie, another one after each start.</summary>
    public string CookieFile { get; }

    /// <summary>Where it publishes new blocks; <see langword="null"/> where it cannot.</summary>
    public string? PushUrl { get; }

    /// <summary>A client of it for the test.</summary>
    public JsonRpcClient Rpc { get; }

    /// <summary>A client of its wallet for the test.</summary>
    public JsonRpcClient Wallet { get; }

    /// <summary>A client of a wallet that holds coins in Litecoin's extension blocks only; <see cref="BeginExtensionsAsync"/> makes it.</summary>
    public JsonRpcClient Hidden { get; }

    /// <summary>Whether the chain has extension blocks.</summary>
    public bool HasExtensions { get; private set; }

    /// <summary>Starts a node, waits until it answers, and mines coins for its wallet.</summary>
    /// <param name="kind">Which implementation.</param>
    /// <param name="blocks">How many blocks to mine; what the first ones made can be spent from the 101st on.</param>
    public static async Task<BitcoinNode> StartAsync(BitcoinNodeKind kind, int blocks = 120)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"chainwatch-{kind.ToString().ToLowerInvariant()}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        var node = new BitcoinNode(kind, folder, FreePort.Next(), FreePort.Next());
        try
        {
            await node.WaitUntilItAnswersAsync();
            await node.Rpc.CallAsync("createwallet", "w");
            await node.Rpc.CallAsync("generatetoaddress", blocks, await node.NewAddressAsync("bech32"));
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>A new address of the wallet: <c>legacy</c>, <c>p2sh-segwit</c>, <c>bech32</c> or <c>bech32m</c> (where there is none of that, bech32).</summary>
    public Task<string> NewAddressAsync(string type) => Wallet.CallTextAsync("getnewaddress", "", type == "bech32m" && Kind == BitcoinNodeKind.Litecoin ? "bech32" : type);

    /// <summary>Mines blocks, to an address that is new: or a block that was taken back could come back as the very same one.</summary>
    public async Task MineAsync(int blocks = 1, string? address = null) => await Rpc.CallAsync("generatetoaddress", blocks, address ?? await NewAddressAsync("bech32"));

    /// <summary>
    /// Mines up to where Litecoin's extension blocks begin, and moves coins into the first one: without any, the node makes a block that it refuses itself. From there on it does not mine blocks of a
    /// given content any more (<c>generateblock</c>).
    /// </summary>
    public async Task BeginExtensionsAsync()
    {
        await MineAsync(FirstExtensionBlock - 1 - (int)await HeadAsync());
        await Rpc.CallAsync("createwallet", "m");
        HasExtensions = true;
        await HideAsync(1_000);
        await MineAsync();
    }

    /// <summary>Moves coins into the extension blocks.</summary>
    public async Task HideAsync(int amount) => await Wallet.CallAsync("sendtoaddress", await Hidden.CallTextAsync("getnewaddress", "", "mweb"), amount);

    /// <summary>The height of its newest block.</summary>
    public async Task<long> HeadAsync() => (await Rpc.CallAsync("getblockcount"))!.GetValue<long>();

    /// <summary>Stops it and starts it again: its cookie is another one then.</summary>
    public async Task RestartAsync()
    {
        _process.Terminate();
        await _process.WaitForExitAsync();
        await _process.DisposeAsync();
        _process = ChildProcess.Start(_program, _arguments);
        await WaitUntilItAnswersAsync();
        var loaded = await Rpc.CallAsync("listwallets") as JsonArray;
        if (loaded is not { Count: > 0 })
        {
            await Rpc.CallAsync("loadwallet", "w");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Rpc.Dispose();
        Wallet.Dispose();
        Hidden.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task WaitUntilItAnswersAsync() => Eventually.BecomesTrueAsync(
        async _ => _process.HasExited ? throw new InvalidOperationException("It ended.") : await Rpc.CallAsync("getblockcount") is not null,
        Patience,
        () => $"{Kind} does not answer: {_process.Output}");

    /// <summary>The test's own way in, besides the cookie. The long text is the salted hash of the password, as the node wants it.</summary>
    private static class Credentials
    {
        public const string User = "test";
        public const string Password = "test";
        private const string Salt = "c0ffee";

        public static string RpcAuth { get; } = $"{User}:{Salt}${Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Salt), System.Text.Encoding.ASCII.GetBytes(Password)))}";
    }
}
