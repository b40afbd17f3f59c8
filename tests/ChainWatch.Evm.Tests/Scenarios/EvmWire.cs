using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Evm.Tests;

/// <summary>Tells a simulated chain as Ethereum nodes do, by JSON-RPC. Ids commit to nothing there that the nodes of these tests could be caught with, so they are the simulation's own.</summary>
internal sealed class EvmWire(WireSettings settings) : ScenarioWire(settings, EvmFormat.Instance.AddressKeyLength, "ETH")
{
    private static readonly Asset s_ether = new() { Symbol = "ETH", Decimals = 18 };
    private static readonly Asset s_usdc = new() { Symbol = "USDC", Decimals = 6, Id = Bench.Usdc };
    private readonly Dictionary<Hash256, FakeBlock> _blocks = [];

    public static ScenarioFamily Family { get; } = new() { Name = "Evm", HasMarks = null, Shape = Shape, Create = static settings => new EvmWire(settings) };

    public override ChainPoint Render(MinedBlock block)
    {
        RenderBlock(block);
        return block.Point;
    }

    protected override AddressKey ToWire(in AddressKey address) => address;

    protected override IBlockReader CreateReader()
    {
        EvmIdentity identity = new("sim", 1, genesis: null);
        // Small enough for answers to be let go, and expired, in the middle of it.
        FinalAnswers kept = new(maxBytes: 16 * 1024, TimeSpan.FromMinutes(10), Settings.Time);
        EvmEndpoint[] endpoints = [.. Nodes.Select(node =>
        {
            EndpointClient client = new("sim", node.Name, new EndpointOptions { Url = "https://rpc.example.org" }, Settings.Time, Settings.Logs.CreateLogger("endpoints"), observer: null, new EndpointTransport { Handler = CreateNode(node) }, seed: (int)Settings.Seed);
            return new EvmEndpoint(new JsonRpcClient(client, EvmErrors.Classify) { FinalAnswers = kept }, identity);
        })];
        EvmReaderSettings reader = new()
        {
            Plan = new WatchPlan(s_ether, [(new EvmAddress(Bench.Key(Bench.Usdc).Bytes), s_usdc)], internalTransfers: false, withdrawals: true),
            CatchUp = Enum.GetValues<EvmCatchUp>()[(int)(Settings.Seed % Enum.GetValues<EvmCatchUp>().Length)],
            FinalityDepth = 64,
            AsksForMarks = Settings.Endpoints.HasMarks,
        };
        return new EvmBlockReader(new EndpointPool<EvmEndpoint>(endpoints, Settings.Time, Settings.Logs.CreateLogger("pool")), reader, identity, feed: null, Settings.Time);
    }

    private ScenarioDoor CreateNode(ScenarioNode node)
    {
        FakeChain chain = new(1);
        FakeNode told = new(chain) { HasTags = Settings.Endpoints.HasMarks };
        return new ScenarioDoor(node, told, head =>
        {
            chain.Show([.. Branch(head).Select(RenderBlock)]);
            chain.Finalized = Settings.Chain.Finalized is { } final ? Math.Min(final.Height, head.Height) : null;
            chain.Safe = Settings.Chain.Safe is { } safe ? Math.Min(safe.Height, head.Height) : null;
        });
    }

    private FakeBlock RenderBlock(MinedBlock block)
    {
        if (!_blocks.TryGetValue(block.Hash, out FakeBlock? rendered))
        {
            rendered = new FakeBlock
            {
                Number = block.Height,
                Hash = Hex(block.Hash),
                ParentHash = block.Parent is null ? "0x" + new string('0', 64) : Hex(block.Parent.Hash),
                Transactions = [.. block.Transactions.Select(transaction => RenderTransaction(block, transaction))],
            };
            _blocks.Add(block.Hash, rendered);
            Rendered(block.Hash, block);
        }

        return rendered;
    }

    private FakeTransaction RenderTransaction(MinedBlock block, SimulatedTransaction transaction)
    {
        string sender = FakeChain.Address(1);
        SimulatedTransfer? native = null;
        List<FakeLog> logs = [];
        for (int index = 0; index < transaction.Transfers.Count; index++)
        {
            SimulatedTransfer transfer = transaction.Transfers[index];
            if (transfer.Asset.Id is null)
            {
                native = transfer;
                Rendered(block.Hash, transaction.Id, ordinal: 0, transaction, index);
            }
            else
            {
                logs.Add(FakeLog.Transfer(Bench.Usdc, sender, "0x" + WireAddress(transfer.To), transfer.Amount));
                Rendered(block.Hash, transaction.Id, logs.Count, transaction, index);
            }
        }

        return new FakeTransaction
        {
            Hash = Hex(transaction.Id),
            From = sender,
            To = native is null ? Bench.Usdc : "0x" + WireAddress(native.To),
            Value = native?.Amount ?? 0,
            Logs = logs,
        };
    }

    /// <summary>A transaction has one value of its own; all else that it moves are tokens.</summary>
    private static List<SimulatedTransfer> Shape(SimulatedChain chain, IReadOnlyList<SimulatedTransfer> transfers)
    {
        bool native = false;
        List<SimulatedTransfer> shaped = [];
        foreach (SimulatedTransfer transfer in transfers)
        {
            bool isNative = transfer.Asset == chain.Coin && !native;
            native |= isNative;
            shaped.Add(isNative ? transfer : transfer with { Asset = chain.Token });
        }

        return shaped;
    }

    private static string Hex(Hash256 hash) => "0x" + hash;
}
