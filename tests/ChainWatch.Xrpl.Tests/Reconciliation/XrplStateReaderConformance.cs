using System.Numerics;
using ChainWatch.Conformance;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

public sealed class XrplStateReaderConformance : StateReaderConformance
{
    protected override async ValueTask<StateReaderSubject> CreateAsync()
    {
        ServedLedger[] ledgers = FakeLedgers.Chain(5);
        XrplServer server = await XrplServer.StartAsync(ledgers, ledgers.Length);
        server.Entries.Fees(0, 1_000_000, 200_000);
        foreach (ServedLedger ledger in ledgers)
        {
            server.Entries.Account(ledger.Index, Someone.Bob, 1_000 + ledger.Index, owns: 1).Line(ledger.Index, Someone.Bob, Someone.Issuer, 5_000_000_000_000_000 + ledger.Index, -14);
        }

        return new Subject(server, ledgers);
    }

    private sealed class Subject(XrplServer server, ServedLedger[] ledgers) : StateReaderSubject
    {
        private readonly ChainRegistration _registration = Follow.Register([server], new LogRecorder(), new Follow.Observer());

        public override IChainStateReader Reader => _registration.StateReader!;

        public override IReadOnlyList<Asset> Assets => _registration.Chain.Assets;

        public override IReadOnlyList<ChainPoint> Points => [.. ledgers.Select(static ledger => ledger.Point)];

        public override AddressKey Holder => AccountKey.Create(Someone.Bob, tag: null);

        public override AddressKey Stranger => AccountKey.Create(Someone.Carol, tag: null);

        public override bool ReadsThePast => true;

        public override BigInteger Expect(Asset asset, ChainPoint at) =>
            asset.Symbol == "XRP" ? 1_000 + at.Height : (5_000_000_000_000_000 + (BigInteger)at.Height) * BigInteger.Pow(10, asset.Decimals - 14);

        public override void Silence() => server.DisposeAsync().AsTask().GetAwaiter().GetResult();

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            await server.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
