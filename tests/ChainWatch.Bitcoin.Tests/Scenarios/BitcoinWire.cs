using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>Tells a simulated chain as Bitcoin's nodes do: raw blocks whose ids commit to every byte. A transaction with other content in another branch is another one there, and the same in the simulation.</summary>
internal sealed class BitcoinWire : ScenarioWire
{
    private readonly Dictionary<Hash256, MadeBlock> _blocks = [];
    private readonly Dictionary<(Hash256 Block, Hash256 Transaction), MadeTransaction> _transactions = [];
    private readonly Hash256 _genesis;

    public BitcoinWire(WireSettings settings)
        : base(settings, Matching.Regtest.AddressKeyLength, "BTC")
    {
        _genesis = RenderBlock(settings.Chain.Genesis).HashValue;
    }

    public static ScenarioFamily Family { get; } = new() { Name = "Bitcoin", HasOutputs = true, Shape = Shape, Create = static settings => new BitcoinWire(settings) };

    public override ChainPoint Render(MinedBlock block) => new(block.Height, RenderBlock(block).HashValue);

    public override OutputId ToWire(MinedBlock spending, OutputId output) => new(ToWire(spending, output.TransactionId), output.Index);

    /// <summary>The form that the transaction has in the branch that ends with a block.</summary>
    public override Hash256 ToWire(MinedBlock block, Hash256 transaction)
    {
        for (MinedBlock? at = block; at is not null; at = at.Parent)
        {
            if (at.Transactions.FirstOrDefault(one => one.Id == transaction) is { } held)
            {
                return Hash256.Parse(RenderTransaction(at, held).Id);
            }
        }

        throw new ScenarioFailedException($"transaction {transaction} is not in the branch of block {block.Height}");
    }

    protected override AddressKey ToWire(in AddressKey address) => new([0, 20, .. address.Bytes, .. new byte[Matching.Regtest.AddressKeyLength - 22]]);

    protected override IBlockReader CreateReader()
    {
        BitcoinNetwork network = BitcoinNetwork.Regtest with { Genesis = _genesis };
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

    private MadeBlock RenderBlock(MinedBlock block)
    {
        if (!_blocks.TryGetValue(block.Hash, out MadeBlock? rendered))
        {
            List<MadeTransaction> transactions = [.. block.Transactions.Select(transaction => RenderTransaction(block, transaction))];
            string parent = block.Parent is null ? MadeBlock.NoHash : RenderBlock(block.Parent).Hash;
            Span<byte> salt = stackalloc byte[Hash256.Length];
            block.Hash.CopyTo(salt);
            rendered = MadeBlock.Of(block.Height, parent, transactions, salt: BitConverter.ToInt32(salt));
            _blocks.Add(block.Hash, rendered);
            Rendered(rendered.HashValue, block);
            for (int number = 0; number < transactions.Count; number++)
            {
                for (int index = 0; index < block.Transactions[number].Transfers.Count; index++)
                {
                    Rendered(rendered.HashValue, Hash256.Parse(transactions[number].Id), index, block.Transactions[number], index);
                }
            }
        }

        return rendered;
    }

    private MadeTransaction RenderTransaction(MinedBlock block, SimulatedTransaction transaction)
    {
        if (!_transactions.TryGetValue((block.Hash, transaction.Id), out MadeTransaction? rendered))
        {
            // One input of its own makes it another transaction than one that pays the same.
            List<(string, uint)> inputs = [(transaction.Id.ToString(), 9)];
            inputs.AddRange(block.Spends.Where(spent => spent.SpentBy == transaction.Id).Select(spent => (ToWire(block, spent.Output.TransactionId).ToString(), (uint)spent.Output.Index)));
            rendered = new MadeTransaction
            {
                Inputs = inputs,
                Outputs = [.. transaction.Transfers.Select(transfer => new MadeOutput((long)transfer.Amount, [.. WireAddress(transfer.To).Bytes[..22]]))],
                Witness = [[[7]]],
            };
            _transactions.Add((block.Hash, transaction.Id), rendered);
        }

        return rendered;
    }

    /// <summary>Outputs hold nothing but the coin, and no memo that could be read.</summary>
    private static IReadOnlyList<SimulatedTransfer> Shape(SimulatedChain chain, IReadOnlyList<SimulatedTransfer> transfers) => [.. transfers.Select(transfer => transfer with { Asset = chain.Coin })];
}
