using System.Numerics;
using ChainWatch.Conformance;

namespace ChainWatch.Blockbook.Tests;

public sealed class BlockbookStateReaderConformance : StateReaderConformance
{
    protected override async ValueTask<StateReaderSubject> CreateAsync()
    {
        BitcoinChain chain = new(4);
        return new Subject(chain, await BlockbookServer.StartAsync(chain));
    }

    private sealed class Subject(BitcoinChain chain, BlockbookServer server) : StateReaderSubject
    {
        private readonly Follow _follow = new(chain, [server], Way.Http);

        public override IChainStateReader Reader => _follow.Registration.StateReader!;

        public override IReadOnlyList<Asset> Assets => _follow.Registration.Chain.Assets;

        public override IReadOnlyList<ChainPoint> Points => [.. chain.Blocks.Skip(1).Select(static block => block.Point)];

        public override AddressKey Holder => _follow.Registration.Chain.Format.ParseAddress(chain.Bob);

        public override AddressKey Stranger => _follow.Registration.Chain.Format.ParseAddress(chain.Address(3));

        public override bool ReadsThePast => false;

        public override BigInteger Expect(Asset asset, ChainPoint at) => chain.Payments.Aggregate(BigInteger.Zero, static (sum, text) => sum + BigInteger.Parse(text.Split(' ')[1]));

        public override void Silence() => server.DisposeAsync().AsTask().GetAwaiter().GetResult();

        public override async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            await _follow.DisposeAsync();
            await server.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
