using ChainWatch.Bitcoin.Tests;
using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Blockbook.Tests;

/// <summary>Tells a simulated chain as Blockbook does by HTTP: raw blocks, or pages where an instance has no raw ones.</summary>
internal sealed class BlockbookWire(WireSettings settings, bool raw) : MadeWire(settings)
{
    private static readonly Coin s_coin = Coin.Find("bitcoin-regtest")!;
    private static readonly ScriptFormat s_format = new(s_coin);
    private readonly Dictionary<Hash256, ServedBlock> _blocks = [];

    public static ScenarioFamily Raw { get; } = new() { Name = "Blockbook", HasOutputs = true, Shape = Shape, Create = static settings => new BlockbookWire(settings, raw: true) };

    // However little is in them, blocks of pages hold some 30 kB of rented memory each.
    public static ScenarioFamily Pages { get; } = new() { Name = "Blockbook", HasOutputs = true, SmallBatch = 1_000_000, Shape = Shape, Create = static settings => new BlockbookWire(settings, raw: false) };

    protected override IBlockReader CreateReader()
    {
        NewBlockFeed feed = new();
        BlockbookIdentity identity = new("sim", s_coin with { Genesis = RenderBlock(Settings.Chain.Genesis).HashValue });
        BlockbookEndpoint[] endpoints = [.. Nodes.Select(node =>
        {
            BlockbookNode told = new(this, raw);
            EndpointTransport transport = new() { Handler = new ScenarioDoor(node, told, head => told.Head = head) };
            EndpointClient client = new("sim", node.Name, new EndpointOptions { Url = "https://blockbook.example.org" }, Settings.Time, Settings.Logs.CreateLogger("endpoints"), observer: null, transport, seed: (int)Settings.Seed);
            return new BlockbookEndpoint(client, hasHttp: true, identity, feed, limited: false, TimeSpan.FromSeconds(5), Settings.Time, Settings.Logs.CreateLogger("endpoints"));
        })];
        EndpointPool<BlockbookEndpoint> pool = new(endpoints, Settings.Time, Settings.Logs.CreateLogger("pool"));
        WatchPlan plan = new(s_coin, new ScriptText(s_coin, s_format), new Asset { Symbol = "BTC", Decimals = 8 }, [], internals: false);
        return new BlockbookBlockReader(pool, plan, new HeldPayments("sim", Settings.Logs.CreateLogger("held")), feed, raw);
    }

    public ServedBlock RenderServed(MinedBlock block)
    {
        if (!_blocks.TryGetValue(block.Hash, out ServedBlock? served))
        {
            served = BitcoinChain.Serve(RenderBlock(block), [.. block.Transactions.Select(transaction => RenderTransaction(block, transaction))], AddressOf);
            _blocks.Add(block.Hash, served);
        }

        return served;
    }

    private static string AddressOf(MadeOutput output) => s_format.FormatAddress(new AddressKey([.. output.Script, .. new byte[s_format.AddressKeyLength - output.Script.Length]]));
}
