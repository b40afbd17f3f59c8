using System.Buffers.Binary;
using System.Globalization;
using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

/// <summary>Tells a simulated chain as servers of the XRP Ledger do: validated ledgers in binary form, whose hashes commit to every byte. No branch ever ends here, so the chain only grows.</summary>
internal sealed class XrplWire(WireSettings settings) : ScenarioWire(settings, AccountKey.Length, "XRP")
{
    private readonly Dictionary<Hash256, ServedLedger> _ledgers = [];

    public static ScenarioFamily Family { get; } = new() { Name = "Xrpl", HasMarks = true, IsFinalAtOnce = true, Shape = static (_, transfers) => [transfers[0]], Create = static settings => new XrplWire(settings) };

    public override ChainPoint Render(MinedBlock block) => RenderLedger(block).Point;

    protected override AddressKey ToWire(in AddressKey address) => AccountKey.Create(address.Bytes, tag: null);

    protected override string? TagOf(Transfer transfer, SimulatedTransfer original) => transfer.Tag is null ? null : $"tag {transfer.Tag}";

    protected override IBlockReader CreateReader()
    {
        LedgerFeed feed = new();
        XrplIdentity identity = new("sim", networkId: 0);
        XrplEndpoint[] endpoints = [.. Nodes.Select(node =>
        {
            EndpointTransport transport = new() { Handler = new ScenarioDoor(node, new XrplNode(this, out Action<MinedBlock> show), show) };
            EndpointClient client = new("sim", node.Name, new EndpointOptions { Url = "https://xrpl.example.org" }, Settings.Time, Settings.Logs.CreateLogger("endpoints"), observer: null, transport, seed: (int)Settings.Seed);
            return new XrplEndpoint(client, identity, feed, Settings.Time, TimeSpan.FromSeconds(20));
        })];
        HeldPayments held = new("sim", Settings.Logs.CreateLogger("held"));
        return new XrplBlockReader(new EndpointPool<XrplEndpoint>(endpoints, Settings.Time, Settings.Logs.CreateLogger("pool")), Plans.All(), held, feed);
    }

    public ServedLedger RenderLedger(MinedBlock block)
    {
        if (!_ledgers.TryGetValue(block.Hash, out ServedLedger? ledger))
        {
            FakeTransaction[] transactions = [.. block.Transactions.Select(transaction => RenderTransaction(transaction))];
            ledger = ServedLedger.Make(block.Height, block.Parent is null ? null : RenderLedger(block.Parent).Hash, transactions);
            _ledgers.Add(block.Hash, ledger);
            Rendered(ledger.Point.Hash, block);
            for (int index = 0; index < transactions.Length; index++)
            {
                Rendered(ledger.Point.Hash, Hash256.Parse(ledger.Transactions[index].Hash), ordinal: 0, block.Transactions[index], index: 0);
            }
        }

        return ledger;
    }

    private FakeTransaction RenderTransaction(SimulatedTransaction transaction)
    {
        SimulatedTransfer transfer = transaction.Transfers[0];
        byte[] to = WireAddress(transfer.To).Bytes[..AccountKey.AccountLength].ToArray();
        uint? tag = transfer.Tag is null ? null : uint.Parse(transfer.Tag.AsSpan("tag ".Length), CultureInfo.InvariantCulture);
        Span<byte> id = stackalloc byte[Hash256.Length];
        transaction.Id.CopyTo(id);
        FakeTransaction rendered = transfer.Asset.Id is null ? FakeTransaction.Xrp(Someone.Alice, to, (long)transfer.Amount, tag) : new FakeTransaction { Destination = to, Tag = tag, Amount = Dollars((long)transfer.Amount) };
        rendered.Sequence = BinaryPrimitives.ReadUInt32BigEndian(id);
        return rendered;
    }

    /// <summary>An amount in units of the token's smallest part, as the ledger writes it: sixteen digits and an exponent.</summary>
    private static byte[] Dollars(long units)
    {
        int exponent = -XrplTokenOptions.DefaultDecimals;
        while (units < 1_000_000_000_000_000)
        {
            units *= 10;
            exponent--;
        }

        return FieldWriter.Issued(units, exponent, Someone.Usd, Someone.Issuer);
    }
}
