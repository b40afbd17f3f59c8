using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>
/// What every <see cref="IChainSource"/> must do: the one that is made of a reader, whichever family's it is, and those of families whose servers tell a stream themselves. A family's tests inherit it and name the family.
/// </summary>
public abstract class ChainSourceConformance
{
    private const int FinalityDepth = 8;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly FamilyBench _bench;
    private readonly List<ChainPoint> _branch = [];
    private readonly List<string> _payments = [];
    private readonly List<ChainPoint> _wentBackTo = [];
    private Exception? _failure;
    private int _idles;

    private protected ChainSourceConformance(ScenarioFamily family)
    {
        _bench = new FamilyBench(family);
    }

    private SimulatedChain Chain => _bench.Chain;

    [Fact]
    public void From_a_height_every_block_is_told_in_order_and_then_that_there_is_no_more()
    {
        Follow(startAt: 3);

        Until(() => _idles > 0 && _branch.Count > 0 && _branch[^1] == Chain.Head.Point);

        _branch.ShouldBe(Points(3));
        _payments.ShouldBe(FamilyBench.Expect(Chain.Canonical.Skip(3), FamilyBench.Alice));
    }

    [Fact]
    public void From_what_is_held_only_what_follows_is_told()
    {
        Follow(known: Points(0, 9));

        Until(() => _branch.Count > 0 && _branch[^1] == Chain.Head.Point);

        _branch.ShouldBe(Points(9));
        _wentBackTo.ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_height_reading_begins_at_the_head_of_that_time()
    {
        Follow();
        _bench.Scheduler.Advance(TimeSpan.FromMinutes(1));
        MinedBlock head = Chain.Head;
        MinedBlock next = _bench.Mine(99);

        Until(() => _branch.Count > 0 && _branch[^1] == next.Point);

        _branch.ShouldBe(_bench.Family.BeginsAfterHead ? [next.Point] : [head.Point, next.Point]);
    }

    [Fact]
    public void What_comes_while_it_is_followed_is_told()
    {
        Follow(startAt: 10);
        for (int number = 0; number < 5; number++)
        {
            MinedBlock block = _bench.Mine(50 + number);
            Until(() => _branch.Count > 0 && _branch[^1] == block.Point);
        }

        _branch.ShouldBe(Points(10));
        _wentBackTo.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_reorg_is_told_as_going_back_to_the_last_shared_block_and_on_along_the_new_branch(int depth)
    {
        if (_bench.Family.IsFinalAtOnce)
        {
            Assert.Skip("No branch of this chain ever ends.");
        }

        Follow(startAt: 1);
        Until(() => _branch.Count > 0 && _branch[^1] == Chain.Head.Point);
        ChainPoint shared = Chain.At(Chain.Head.Height - depth)!.Point;
        _bench.Reorganise(depth);

        Until(() => _branch[^1] == Chain.Head.Point);

        _wentBackTo.ShouldBe([shared]);
        _branch.ShouldBe(Points(1));
        _payments.TakeLast(depth + 1).ShouldBe(FamilyBench.Expect(Chain.Canonical.TakeLast(depth + 1), FamilyBench.Alice));
    }

    [Fact]
    public void Endpoints_that_fall_behind_take_nothing_back()
    {
        Follow(startAt: 1);
        Until(() => _branch.Count > 0 && _branch[^1] == Chain.Head.Point);
        foreach (SimulatedEndpoint endpoint in _bench.Options.Endpoints)
        {
            endpoint.Lag = 4;
        }

        _bench.Scheduler.Advance(TimeSpan.FromMinutes(5));

        _wentBackTo.ShouldBeEmpty();
        _branch.ShouldBe(Points(1));
    }

    [Fact]
    public void Going_on_over_another_endpoint_leaves_nothing_out()
    {
        Follow(startAt: 1);
        Until(() => _branch.Count > 0 && _branch[^1] == Chain.Head.Point);
        _bench.Options.Endpoints[0].IsDown = true;
        MinedBlock block = _bench.Mine(77);

        Until(() => _branch[^1] == block.Point);

        _branch.ShouldBe(Points(1));
        _wentBackTo.ShouldBeEmpty();
    }

    [Fact]
    public void A_branch_that_replaces_final_blocks_is_never_followed_and_ends_the_source()
    {
        Follow(startAt: 1);
        Until(() => _branch.Count > 0 && _branch[^1] == Chain.Head.Point && _idles > 0);
        int told = _branch.Count;
        Chain.ReorgEmpty(FinalityDepth + 2, FinalityDepth + 4);

        _bench.Scheduler.RunUntil(() => _failure is not null, TimeSpan.FromHours(2));

        _failure.ShouldBeOfType<FinalityViolationException>();
        _wentBackTo.ShouldBeEmpty();
        _branch.Count.ShouldBe(told);
    }

    private ChainPoint[] Points(int from, int? to = null) => [.. Chain.Canonical.Take(to ?? int.MaxValue).Skip(from).Select(static block => block.Point)];

    private void Follow(long? startAt = null, ChainPoint[]? known = null)
    {
        PolledSourceOptions options = new() { PollInterval = TimeSpan.FromSeconds(1), FinalityDepth = FinalityDepth, BatchSize = 4, Parallelism = 2 };
        IChainSource source = _bench.Wire.Connect(options)(new ChainStatus(Chain.Chain, _bench.Time));
        SourceRequest request = new() { Known = known ?? [], StartHeight = startAt, Watched = () => _bench.Watched };
        _bench.Scheduler.Start(async () =>
        {
            try
            {
                await foreach (ChainUpdate update in source.ReadAsync(request, CancellationToken.None))
                {
                    Take(update);
                }
            }
            catch (Exception exception)
            {
                _failure = exception;
            }
        });
    }

    private void Take(ChainUpdate update)
    {
        switch (update)
        {
            case RollForward forward:
                using (Block block = forward.Block)
                {
                    _branch.Add(block.Header.Point);
                    _payments.AddRange(TransferTexts.Of(block, _bench.Watched));
                }

                break;
            case RollBack back:
                _wentBackTo.Add(back.Target);
                _branch.RemoveAll(point => point.Height > back.Target.Height);
                break;
            default:
                _idles++;
                break;
        }
    }

    private void Until(Func<bool> condition)
    {
        bool happened = _bench.Scheduler.RunUntil(() => _failure is not null || condition(), s_patience);
        _failure.ShouldBeNull();
        happened.ShouldBeTrue($"the source told up to {(_branch.Count > 0 ? _branch[^1] : null)}, the head is {Chain.Head.Point}");
    }
}
