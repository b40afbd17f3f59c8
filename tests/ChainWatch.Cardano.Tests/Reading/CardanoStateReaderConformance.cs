using System.Numerics;
using ChainWatch.Conformance;
using ChainWatch.Testing;

namespace ChainWatch.Cardano.Tests;

public sealed class CardanoStateReaderConformance : StateReaderConformance
{
    protected override async ValueTask<StateReaderSubject> CreateAsync()
    {
        FakeBlock first = FakeBlock.First(100, v7: false, new FakeTransaction("gold", new FakeOutput(Someone.Bob, 5, (Someone.Policy, "474f4c44", 9))));
        List<FakeBlock> chain = [first, .. first.Grow(5, "main")];
        return new Subject(chain, await OgmiosServer.StartAsync(chain));
    }

    private sealed class Subject(List<FakeBlock> chain, OgmiosServer server) : StateReaderSubject
    {
        private readonly ChainRegistration _registration = Follow.Register([server], new LogRecorder(), static options =>
        {
            options.Tokens.Add("GOLD", Someone.Policy, "474f4c44", 2);
            options.Endpoints[0].Timeout = TimeSpan.FromSeconds(20);
        });

        public override IChainStateReader Reader => _registration.StateReader!;

        public override IReadOnlyList<Asset> Assets => _registration.Chain.Assets;

        public override IReadOnlyList<ChainPoint> Points => [.. chain.Select(static block => block.Point)];

        public override AddressKey Holder => Someone.Format.ParseAddress(Someone.Bob);

        public override AddressKey Stranger => Someone.Format.ParseAddress(Someone.Carol);

        public override bool ReadsThePast => true;

        /// <summary>Each block after the first pays its number above a hundred.</summary>
        public override BigInteger Expect(Asset asset, ChainPoint at) =>
            asset.Symbol == "GOLD" ? 9 : 5 + chain.Skip(1).TakeWhile(block => block.Point.Height <= at.Height).Aggregate(BigInteger.Zero, static (sum, block) => sum + block.Point.Height);

        public override void Silence() => server.DisposeAsync().AsTask().GetAwaiter().GetResult();

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            await server.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
