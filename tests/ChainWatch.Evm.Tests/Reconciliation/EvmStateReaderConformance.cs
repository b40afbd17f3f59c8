using System.Net;
using System.Numerics;
using ChainWatch.Conformance;

namespace ChainWatch.Evm.Tests;

public sealed class EvmStateReaderConformance : StateReaderConformance
{
    protected override ValueTask<StateReaderSubject> CreateAsync() => ValueTask.FromResult<StateReaderSubject>(new Subject());

    private sealed class Subject : StateReaderSubject
    {
        private readonly FakeChain _chain = new();
        private readonly Bench _bench;

        public Subject()
        {
            string nobody = FakeChain.Address(7);
            _chain.Mine(_chain.PayToken(Bench.Usdc, nobody, 1), _chain.PayToken(Bench.Dai, nobody, 1));
            for (int number = 1; number <= 4; number++)
            {
                _chain.Mine(_chain.Pay(Bench.Alice, number), _chain.PayToken(Bench.Usdc, Bench.Alice, 10 * number));
            }

            _bench = new Bench(_chain);
            _ = new FakeState(_chain, _bench.Node);
        }

        public override IChainStateReader Reader => _bench.StateReader;

        public override IReadOnlyList<Asset> Assets => _bench.Assets;

        public override IReadOnlyList<ChainPoint> Points => [.. _chain.Canonical.Skip(2).Select(static block => new ChainPoint(block.Number, Hash256.Parse(block.Hash)))];

        public override AddressKey Holder => Bench.Key(Bench.Alice);

        public override AddressKey Stranger => Bench.Key(FakeChain.Address(9));

        public override bool ReadsThePast => true;

        public override BigInteger Expect(Asset asset, ChainPoint at)
        {
            long number = at.Height - 1;
            long sum = number * (number + 1) / 2;
            return asset.Symbol switch { "ETH" => sum, "USDC" => 10 * sum, _ => 0 };
        }

        public override void Silence() => _bench.Node.Raw = static (_, _) => new HttpResponseMessage(HttpStatusCode.BadGateway);

        public override ValueTask<Answer<ChainState>> ReadAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken) =>
            ValueTask.FromResult(_bench.Run(() => Reader.ReadStateAsync(addresses, at, cancellationToken)));
    }
}
