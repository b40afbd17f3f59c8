using System.Net;
using System.Numerics;
using System.Text.Json.Nodes;
using ChainWatch.Conformance;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinStateReaderConformance : StateReaderConformance
{
    protected override ValueTask<StateReaderSubject> CreateAsync() => ValueTask.FromResult<StateReaderSubject>(new Subject());

    private sealed class Subject : StateReaderSubject
    {
        private readonly FakeChain _chain = new(blocks: 0);
        private readonly Bench _bench;
        private readonly BitcoinStateReader _reader;

        public Subject()
        {
            for (int number = 1; number <= 4; number++)
            {
                _chain.Mine(Bench.PayAlice(number, 100 * number));
            }

            _bench = new Bench(_chain);
            _bench.Node.Intercept = Scan;
            _reader = new BitcoinStateReader(_bench.Pool, Matching.Coin, _bench.Time);
        }

        public override IChainStateReader Reader => _reader;

        public override IReadOnlyList<Asset> Assets => [Matching.Coin];

        public override IReadOnlyList<ChainPoint> Points => [.. Enumerable.Range(1, 4).Select(height => new ChainPoint(height, _chain[height].HashValue))];

        public override AddressKey Holder => _bench.Format.ParseAddress(Bench.Alice);

        public override AddressKey Stranger => _bench.Format.ParseAddress("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn");

        public override bool ReadsThePast => false;

        public override BigInteger Expect(Asset asset, ChainPoint at) => 100 * at.Height * (at.Height + 1) / 2;

        public override void Silence() => _bench.Node.Raw = static (_, _) => new HttpResponseMessage(HttpStatusCode.BadGateway);

        public override ValueTask<Answer<ChainState>> ReadAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken) =>
            ValueTask.FromResult(_bench.Run(() => Reader.ReadStateAsync(addresses, at, cancellationToken)));

        private JsonObject? Scan(string method, JsonArray parameters)
        {
            if (method != "scantxoutset")
            {
                return null;
            }

            string script = Convert.ToHexStringLower(Scripts.Of(Holder));
            bool asked = parameters[1]!.AsArray().Any(one => (string)one! == $"raw({script})");
            JsonNode[] unspents =
            [
                .. Enumerable.Range(1, asked ? 4 : 0).Select(number => JsonNode.Parse(
                    $$"""{"txid":"{{Bench.PayAlice(number, 100 * number).Id}}","vout":0,"scriptPubKey":"{{script}}","amount":0.00000{{number}}00,"coinbase":false,"height":{{number}}}""")!),
            ];
            return new JsonObject { ["success"] = true, ["txouts"] = 500, ["height"] = _chain.Head.Height, ["bestblock"] = _chain.Head.Hash, ["unspents"] = new JsonArray(unspents), ["total_amount"] = 1.5 };
        }
    }
}
