using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>Tells a simulated chain as Bitcoin's nodes do, by JSON-RPC, in raw blocks.</summary>
internal sealed class BitcoinWire(WireSettings settings) : MadeWire(settings)
{
    public static ScenarioFamily Family { get; } = new() { Name = "Bitcoin", HasOutputs = true, Shape = Shape, Create = static settings => new BitcoinWire(settings) };

    protected override IBlockReader CreateReader()
    {
        BitcoinNetwork network = BitcoinNetwork.Regtest with { Genesis = RenderBlock(Settings.Chain.Genesis).HashValue };
        BitcoinEndpoint[] endpoints = [.. Nodes.Select(node =>
        {
            EndpointClient client = new("sim", node.Name, new EndpointOptions { Url = "http://node.example.org:18443" }, Settings.Time, Settings.Logs.CreateLogger("endpoints"), observer: null, new EndpointTransport { Handler = CreateNode(node) }, seed: (int)Settings.Seed);
            return new BitcoinEndpoint(new JsonRpcClient(client, BitcoinErrors.Classify), network);
        })];
        return new BitcoinBlockReader(new EndpointPool<BitcoinEndpoint>(endpoints, Settings.Time, Settings.Logs.CreateLogger("pool")), network, Matching.Coin, verifyWitness: true, waitForChange: null);
    }

    private ScenarioDoor CreateNode(ScenarioNode node)
    {
        FakeChain chain = new(blocks: 0);
        NodeDialect[] dialects = Enum.GetValues<NodeDialect>();
        NodeDialect dialect = dialects[(int)(Settings.Seed % dialects.Length)];
        return new ScenarioDoor(node, new FakeNode(chain, dialect == NodeDialect.Objects ? NodeDialect.Modern : dialect), head => chain.Show([.. Branch(head).Select(RenderBlock)]));
    }
}
