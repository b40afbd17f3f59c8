using System.Globalization;
using ChainWatch.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Evm.Tests;

/// <summary>
/// A chain with payments and reorgs, followed by the real reader and source through providers of which all but one do things wrong. What is told is held against what the chain says, while it is told and
/// at the end.
/// </summary>
internal sealed class ProviderScenario
{
    /// <summary>How long after the last block everything must be told, while one endpoint is honest.</summary>
    public static readonly TimeSpan LivenessBound = TimeSpan.FromMinutes(5);

    private readonly SeededRandom _random;
    private readonly ManualTimeProvider _time = new();
    private readonly DeterministicScheduler _scheduler;
    private readonly FakeChain _chain = new();
    private readonly Dictionary<string, List<string>> _expected = [];
    private readonly List<(ChainPoint Point, IReadOnlyList<string> Payments)> _told = [];
    private readonly PolledChainSource _source;
    private readonly bool _marks;

    public ProviderScenario(long seed, long[] injected)
    {
        _random = new SeededRandom(seed);
        _scheduler = new DeterministicScheduler(_time, seed) { MaxSteps = 5_000_000 };
        _marks = _random.Chance(0.5);
        _chain.MineEmpty(_random.Between(3, 40));
        int count = _random.Between(2, 7);

        // The honest one is not the preferred one: the others are asked first for as long as they can be.
        int honest = _random.Between(1, count - 1);
        EvmIdentity identity = new("ethereum", chainId: 1, genesis: null);
        List<EvmEndpoint> endpoints = [];
        for (int index = 0; index < count; index++)
        {
            FakeNode node = new(_chain) { HasTags = _marks };
            FaultyProvider provider = new(_chain, node, new SeededRandom((seed * 31) + index), _random.Pick([0.15, 0.3, 0.6, 0.95]), _time, injected) { Honest = index == honest };
            EndpointOptions options = new() { Url = "https://rpc.example.org/", Timeout = TimeSpan.FromSeconds(8) };
            EndpointClient client = new("ethereum", $"endpoint-{index + 1}", options, _time, NullLogger.Instance, observer: null, new EndpointTransport { Handler = provider }, seed: index);
            endpoints.Add(new EvmEndpoint(new JsonRpcClient(client, EvmErrors.Classify), identity));
        }

        Asset native = new() { Symbol = "ETH", Decimals = 18 };
        Asset usdc = new() { Symbol = "USDC", Decimals = 6, Id = Bench.Usdc };
        EvmReaderSettings settings = new()
        {
            Plan = new WatchPlan(native, [(new EvmAddress(Bench.Key(Bench.Usdc).Bytes), usdc)], internalTransfers: false, withdrawals: true),
            CatchUp = _random.Chance(0.7) ? EvmCatchUp.Logs : EvmCatchUp.Receipts,
            FinalityDepth = 12,
            AsksForMarks = false,
        };
        EndpointPool<EvmEndpoint> pool = new(endpoints, _time, NullLogger.Instance);
        EvmBlockReader reader = new(pool, settings, identity, feed: null, _time);
        Chain chain = new() { Name = "ethereum", Kind = "evm", Format = EvmFormat.Instance, BlockTime = TimeSpan.FromSeconds(12), Assets = [native, usdc] };
        PolledSourceOptions polling = new() { PollInterval = TimeSpan.FromSeconds(2), FinalityDepth = 12, BatchSize = 10, Parallelism = 3, Seed = (int)seed };
        _source = new PolledChainSource(chain, reader, polling, new ChainStatus(chain, _time), _time);
        Endpoints = pool;
    }

    private EndpointPool<EvmEndpoint> Endpoints { get; }

    public void Run()
    {
        using CancellationTokenSource stop = new();
        Task following = Task.CompletedTask;
        _scheduler.Start(() => following = FollowAsync(stop.Token));
        int steps = _random.Between(20, 60);
        for (int step = 0; step < steps; step++)
        {
            switch (_random.Next(10))
            {
                case 0:
                    int depth = (int)Math.Min(_random.Between(1, 3), _chain.Head.Number - 1);
                    _chain.RollBack(depth);
                    Mine(depth + 1);
                    break;
                case 1:
                    Mine(_random.Between(5, 30));
                    break;
                default:
                    Mine(1);
                    break;
            }

            _scheduler.Advance(TimeSpan.FromSeconds(_random.Between(0, 24)));
        }

        bool live = _scheduler.RunUntil(() => _told.Count > 0 && _told[^1].Point.Hash == _chain.Head.Id, LivenessBound);
        live.ShouldBeTrue(
            $"{LivenessBound} after the last block, {(_told.Count > 0 ? _told[^1].Point : "nothing")} is told, and the head is {_chain.Head.Number}; the endpoints: " +
            string.Join("; ", Endpoints.ReadStandings().Select(static standing => $"{standing.Name} {standing.Head} {standing.ReasonKind} {standing.Reason}")));
        string[] told = [.. _told.SelectMany(static block => block.Payments)];
        string[] there = [.. _chain.Canonical.Skip(1).SelectMany(block => _expected.GetValueOrDefault(block.Hash, []))];
        told.ShouldBe(there, ignoreOrder: false);
        stop.Cancel();
        _scheduler.RunUntilIdle();
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        AddressSet watched = Bench.SetOf(Bench.Alice, Bench.Bob);
        SourceRequest request = new() { Known = [], StartHeight = 1, Watched = () => watched };
        try
        {
            await foreach (ChainUpdate update in _source.ReadAsync(request, cancellationToken))
            {
                switch (update)
                {
                    case RollForward forward:
                        using (forward.Block)
                        {
                            BlockHeader header = forward.Block.Header;
                            header.Point.Height.ShouldBe(_told.Count + 1, "no gap");
                            if (_told.Count > 0)
                            {
                                header.ParentHash.ShouldBe(_told[^1].Point.Hash);
                            }

                            TransferList sink = new();
                            forward.Block.Match(watched, sink).ShouldBeTrue();
                            _told.Add((header.Point, [.. sink.Transfers.Select(static transfer => $"{transfer.TransactionId.ToString()[..8]} {transfer.Amount} {transfer.Asset.Symbol}")]));
                        }

                        break;
                    case RollBack back:
                        for (int index = _told.Count - 1; index >= back.Target.Height; index--)
                        {
                            ChainPoint point = _told[index].Point;
                            bool canonical = point.Height <= _chain.Head.Number && _chain[point.Height].Id == point.Hash;
                            canonical.ShouldBeFalse(string.Create(CultureInfo.InvariantCulture, $"block {point} was taken back, and is on the chain"));
                            _told.RemoveAt(index);
                        }

                        break;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The scenario is over.
        }
    }

    private void Mine(int count)
    {
        for (int i = 0; i < count; i++)
        {
            List<string> payments = [];
            List<FakeTransaction> transactions = [];
            for (int j = _random.Next(3); j > 0; j--)
            {
                long amount = _random.Between(1, 1_000_000);
                bool token = _random.Chance(0.5);
                string to = _random.Pick([Bench.Alice, Bench.Bob, FakeChain.Address(7)]);
                FakeTransaction transaction = token ? _chain.PayToken(Bench.Usdc, to, amount) : _chain.Pay(to, amount);
                transactions.Add(transaction);
                if (!string.Equals(to, FakeChain.Address(7), StringComparison.Ordinal))
                {
                    payments.Add(string.Create(CultureInfo.InvariantCulture, $"{transaction.Hash[2..10]} {amount} {(token ? "USDC" : "ETH")}"));
                }
            }

            FakeBlock block = _chain.Mine([.. transactions]);
            _expected[block.Hash] = payments;
            _chain.Finalized = _marks ? Math.Max(0, block.Number - 12) : null;
        }
    }
}
