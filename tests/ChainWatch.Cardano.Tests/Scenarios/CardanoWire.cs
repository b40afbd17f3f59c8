using System.Globalization;
using System.Security.Cryptography;
using ChainWatch.Simulation;
using ChainWatch.Testing;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Cardano.Tests;

/// <summary>Tells a simulated chain as Ogmios does, by chain-sync: an ordered stream with its rollbacks, over a connection that has a place in the chain.</summary>
internal sealed class CardanoWire(WireSettings settings) : ScenarioWire(settings, Someone.Format.AddressKeyLength, "ADA")
{
    private readonly Dictionary<Hash256, FakeBlock> _blocks = [];
    private readonly Dictionary<(Hash256 Block, Hash256 Transaction), FakeTransaction> _transactions = [];
    private readonly Dictionary<AddressKey, string> _texts = [];

    public static ScenarioFamily Family { get; } = new() { Name = "Cardano", HasOutputs = true, BeginsAfterHead = true, Shape = Shape, Create = static settings => new CardanoWire(settings) };

    public override Func<ChainStatus, IChainSource> Connect(PolledSourceOptions options)
    {
        OgmiosEndpoint[] endpoints = [.. Nodes.Select(node =>
        {
            EndpointTransport transport = new() { ConnectWebSocket = (_, _, _) => Task.FromResult(new CardanoNode(this, node).Open()) };
            EndpointClient client = new("sim", node.Name, new EndpointOptions { Url = "ws://ogmios.example.org" }, Settings.Time, Settings.Logs.CreateLogger("endpoints"), observer: null, transport, seed: (int)Settings.Seed);
            return new OgmiosEndpoint(client, CardanoNetwork.Find(Someone.Network)!);
        })];
        EndpointPool<OgmiosEndpoint> pool = new(endpoints, Settings.Time, Settings.Logs.CreateLogger("pool"));
        CardanoSourceOptions source = new()
        {
            Pipelining = 1 + (int)(Settings.Seed % 60),
            FinalityDepth = options.FinalityDepth,
            ProbeInterval = TimeSpan.FromSeconds(5),
            Seed = (int)Settings.Seed,
        };
        SeenPoints seen = new();
        return status => new TranslatedSource(this, new CardanoChainSource(pool, Someone.Plan(), seen, source, status, Settings.Time, Settings.Logs.CreateLogger("source")));
    }

    public override ChainPoint Render(MinedBlock block) => RenderBlock(block).Point;

    public override OutputId ToWire(MinedBlock spending, OutputId output) => new(ToWire(spending, output.TransactionId), output.Index);

    public override Hash256 ToWire(MinedBlock block, Hash256 transaction)
    {
        (MinedBlock held, SimulatedTransaction found) = Locate(block, transaction);
        return RenderTransaction(held, found).Id;
    }

    public FakeBlock RenderBlock(MinedBlock block)
    {
        if (!_blocks.TryGetValue(block.Hash, out FakeBlock? rendered))
        {
            FakeTransaction[] transactions = [.. block.Transactions.Select(transaction => RenderTransaction(block, transaction))];
            rendered = block.Parent is null ? FakeBlock.First(0) : RenderBlock(block.Parent).Next(block.Hash.ToString(), transactions);
            _blocks.Add(block.Hash, rendered);
            Rendered(rendered.Point.Hash, block);
            for (int number = 0; number < transactions.Length; number++)
            {
                SimulatedTransaction transaction = block.Transactions[number];
                for (int index = 0; index < transaction.Transfers.Count; index++)
                {
                    // An output that holds a token alone has it in the place behind ada's.
                    Rendered(rendered.Point.Hash, transactions[number].Id, (index * 65536L) + (transaction.Transfers[index].Asset == Settings.Chain.Coin ? 0 : 1), transaction, index);
                }
            }
        }

        return rendered;
    }

    protected override AddressKey ToWire(in AddressKey address) => Someone.Format.ParseAddress(TextOf(address));

    protected override string? TagOf(Transfer transfer, SimulatedTransfer original) => transfer.Tag;

    private FakeTransaction RenderTransaction(MinedBlock block, SimulatedTransaction transaction)
    {
        if (!_transactions.TryGetValue((block.Hash, transaction.Id), out FakeTransaction? rendered))
        {
            FakeOutput[] outputs = [.. transaction.Transfers.Select(transfer => transfer.Asset == Settings.Chain.Coin
                ? new FakeOutput(TextOf(transfer.To), transfer.Amount)
                : new FakeOutput(TextOf(transfer.To), 0, (Someone.Policy, "474f4c44", transfer.Amount)))];

            // An id commits to what is paid: with other outputs in another branch it is another one.
            string content = string.Join(' ', outputs.Select(static output => output.ToJson()));
            rendered = new FakeTransaction($"{transaction.Id} {Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content)))}", outputs)
            {
                Inputs = [.. block.Spends.Where(spent => spent.SpentBy == transaction.Id).Select(spent => (ToWire(block, spent.Output.TransactionId), spent.Output.Index))],
                Memo = transaction.Transfers[0].Tag is { } tag ? [tag] : null,
            };
            _transactions.Add((block.Hash, transaction.Id), rendered);
        }

        return rendered;
    }

    private string TextOf(in AddressKey address)
    {
        if (!_texts.TryGetValue(address, out string? text))
        {
            text = Someone.Enterprise(address.ToString());
            _texts.Add(address, text);
            WireAddress(address);
        }

        return text;
    }

    /// <summary>A transaction has one memo for all that it pays.</summary>
    private static IReadOnlyList<SimulatedTransfer> Shape(SimulatedChain chain, IReadOnlyList<SimulatedTransfer> transfers) => [.. transfers.Select(transfer => transfer with { Tag = transfers[0].Tag })];
}
