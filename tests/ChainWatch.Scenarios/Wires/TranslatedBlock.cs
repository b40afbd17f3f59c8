using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>A block as a family's reader made it, whose content is told in the ids of the simulation.</summary>
internal sealed class TranslatedBlock(ScenarioWire wire, Block inner) : Block
{
    private readonly MinedBlock _mined = wire.BlockOf(inner.Header.Point.Hash);

    public override BlockHeader Header { get; } = HeaderOf(wire, inner.Header);

    public override string Endpoint => inner.Endpoint;

    public override int Size => inner.Size;

    public static BlockHeader HeaderOf(ScenarioWire wire, BlockHeader header)
    {
        wire.PointOf(header.Point);
        MinedBlock block = wire.BlockOf(header.Point.Hash);
        return block.Parent is null || header.ParentHash == wire.Render(block.Parent).Hash
            ? block.Header
            : throw new ScenarioFailedException($"the reader tells block {header.Point} with the parent {header.ParentHash}, which it has not");
    }

    public override bool Match(AddressSet addresses, ITransferSink sink) => inner.Match(wire.AddressesOf(addresses), new Sink(wire, _mined, sink));

    public override void FindSpends(OutputSet outputs, ICollection<OutputSpent> spends)
    {
        // Of what is looked for, only what the block spends can be found in it, and all of that must be.
        OutputSpent[] real = [.. _mined.Spends.Where(spent => outputs.Contains(spent.Output))];
        if (real.Length == 0)
        {
            inner.FindSpends(new OutputSet(), []);
            return;
        }

        Dictionary<OutputId, OutputSpent> byWire = real.ToDictionary(spent => wire.ToWire(_mined, spent.Output));
        List<OutputSpent> found = [];
        inner.FindSpends(new OutputSet(byWire.Keys), found);
        foreach (OutputSpent spent in found)
        {
            OutputSpent original = byWire[spent.Output];
            if (spent.SpentBy != wire.ToWire(_mined, original.SpentBy) || spent.Block != inner.Header.Point)
            {
                throw new ScenarioFailedException($"the reader tells output {spent.Output} spent by {spent.SpentBy}, which did not spend it");
            }

            spends.Add(original);
        }
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }

    private sealed class Sink(ScenarioWire wire, MinedBlock block, ITransferSink sink) : ITransferSink
    {
        public void Add(Transfer transfer) => sink.Add(wire.TransferOf(block, transfer));
    }
}
