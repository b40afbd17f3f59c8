using System.Runtime.CompilerServices;
using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>
/// Tells a simulated chain in a family's own protocol, and says what of the chain the answers of the family's reader are. Blocks and transactions have other ids there than in the simulation (ids commit to
/// content, and the content is of another form); whatever the reader tells must be something that was rendered, or the scenario fails.
/// </summary>
internal abstract class ScenarioWire
{
    private readonly Dictionary<Hash256, MinedBlock> _blocks = [];
    private readonly Dictionary<(Hash256 Block, Hash256 Transaction, long Ordinal), (SimulatedTransaction Transaction, int Index)> _transfers = [];
    private readonly Dictionary<AddressKey, AddressKey> _addresses = [];
    private readonly ConditionalWeakTable<AddressSet, AddressSet> _sets = [];
    private readonly int _keyLength;
    private readonly string _coin;

    protected ScenarioWire(WireSettings settings, int keyLength, string coin)
    {
        Settings = settings;
        _keyLength = keyLength;
        _coin = coin;
        Nodes = [.. settings.Endpoints.Endpoints.Select((endpoint, index) => new ScenarioNode(settings, endpoint, new SeededRandom(settings.Seed + 100 + index)))];
    }

    public WireSettings Settings { get; }

    /// <summary>The nodes that tell the chain, one for each endpoint.</summary>
    public IReadOnlyList<ScenarioNode> Nodes { get; }

    /// <summary>The family's own source, with a pool and readers of its own, as a process has them.</summary>
    public virtual Func<ChainStatus, IChainSource> Connect(PolledSourceOptions options)
    {
        TranslatedReader reader = new(this, CreateReader());
        return status => new PolledChainSource(Settings.Chain.Chain, reader, options, status, Settings.Time);
    }

    /// <summary>The family's reader, told in the ids of the simulation.</summary>
    public IBlockReader Read() => new TranslatedReader(this, CreateReader());

    /// <summary>The family's reader, with a pool of its own; for families that are polled.</summary>
    protected virtual IBlockReader CreateReader() => throw new NotSupportedException("This family's source is of its own.");

    /// <summary>The point of a block as the family tells it. The block can be told from then on.</summary>
    public abstract ChainPoint Render(MinedBlock block);

    /// <summary>The family's form of an address.</summary>
    protected abstract AddressKey ToWire(in AddressKey address);

    /// <summary>The family's form of an output that a block spends.</summary>
    public virtual OutputId ToWire(MinedBlock spending, OutputId output) => throw new NotSupportedException("This family has no outputs.");

    /// <summary>The transaction that spends, as the family tells it.</summary>
    public virtual Hash256 ToWire(MinedBlock block, Hash256 transaction) => throw new NotSupportedException("This family has no outputs.");

    /// <summary>The block of an answer.</summary>
    public MinedBlock BlockOf(Hash256 hash) => _blocks.TryGetValue(hash, out MinedBlock? block) ? block : throw new ScenarioFailedException($"the reader tells of block {hash}, which was never there");

    /// <summary>The point of an answer, in the simulation.</summary>
    public ChainPoint PointOf(ChainPoint point)
    {
        MinedBlock block = BlockOf(point.Hash);
        return Render(block) == point ? block.Point : throw new ScenarioFailedException($"the reader tells of {point}, but that block is {Render(block)}");
    }

    /// <summary>A transfer of an answer, in the simulation.</summary>
    public Transfer TransferOf(MinedBlock block, Transfer transfer)
    {
        (SimulatedTransaction transaction, int index) = _transfers.TryGetValue((Render(block).Hash, transfer.TransactionId, transfer.Ordinal), out var found)
            ? found
            : throw new ScenarioFailedException($"the reader tells of transfer {transfer.TransactionId}/{transfer.Ordinal} in block {block.Height}, which is not in it");
        SimulatedTransfer original = transaction.Transfers[index];
        return new Transfer
        {
            TransactionId = transaction.Id,
            Ordinal = index,
            To = _addresses[transfer.To],
            From = original.From,
            Asset = transfer.Asset.Symbol == _coin ? Settings.Chain.Coin : Settings.Chain.Token,
            Amount = transfer.Amount,
            Tag = TagOf(transfer, original),
        };
    }

    /// <summary>The family's form of a set of addresses.</summary>
    public AddressSet AddressesOf(AddressSet set) => _sets.GetValue(set, simulated => AddressSet.Create(_keyLength).Add(simulated.Keys.Select(key => WireAddress(key))));

    /// <summary>The memo of a transfer. Families without memos take the simulation's, so that nothing differs.</summary>
    protected virtual string? TagOf(Transfer transfer, SimulatedTransfer original) => original.Tag;

    protected AddressKey WireAddress(in AddressKey address)
    {
        AddressKey wire = ToWire(address);
        _addresses[wire] = address;
        return wire;
    }

    protected void Rendered(Hash256 hash, MinedBlock block) => _blocks[hash] = block;

    protected void Rendered(Hash256 block, Hash256 transaction, long ordinal, SimulatedTransaction simulated, int index) => _transfers[(block, transaction, ordinal)] = (simulated, index);

    /// <summary>The block that holds a transaction in the branch that ends with a block, and the transaction as it is there.</summary>
    protected static (MinedBlock Block, SimulatedTransaction Transaction) Locate(MinedBlock block, Hash256 transaction)
    {
        for (MinedBlock? at = block; at is not null; at = at.Parent)
        {
            if (at.Transactions.FirstOrDefault(one => one.Id == transaction) is { } held)
            {
                return (at, held);
            }
        }

        throw new ScenarioFailedException($"transaction {transaction} is not in the branch of block {block.Height}");
    }

    /// <summary>Blocks from the first one to this, in order.</summary>
    protected static List<MinedBlock> Branch(MinedBlock head)
    {
        List<MinedBlock> branch = [];
        for (MinedBlock? block = head; block is not null; block = block.Parent)
        {
            branch.Add(block);
        }

        branch.Reverse();
        return branch;
    }
}
