using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class RetentionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(2);

    [Fact]
    public void A_leader_prunes_now_and_then_and_a_deep_reorg_afterwards_is_followed()
    {
        using SimulatedEngine engine = new(finalityDepth: 20) { Retention = Aggressive() };
        using MetricRecorder metrics = new("ChainWatch", engine.MeterScope);
        engine.Watch("shop");
        engine.Chain.MineEmpty(100);
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("shop"), 5));
        engine.Chain.MineEmpty(5);
        engine.Start();
        engine.CatchUp();
        // Longer than the policy keeps them; the chain stands still meanwhile.
        engine.Time.Advance(TimeSpan.FromDays(3));

        engine.Scheduler.RunUntil(() => engine.Log.Of("Pruned").Count > 0, Patience).ShouldBeTrue();

        metrics.Sum("chainwatch.retention.pruned", ("kind", "block")).ShouldBe(86, "the head is 106, 20 blocks make one final");
        engine.Chain.ReorgEmpty(18, 20);
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed, PaymentEventKind.Retracted]);
        engine.Store.ReadCoverage(engine.Chain.Chain)[0].FromHeight.ShouldBe(0);
        engine.Store.ReadCoverage(engine.Chain.Chain)[^1].ToHeight.ShouldBe(engine.Chain.Head.Point.Height);
    }

    [Fact]
    public void What_is_disabled_or_young_stays()
    {
        foreach (RetentionOptions options in (RetentionOptions[])[new(), new() { Policy = RetentionPolicy.Custom }, new() { Policy = RetentionPolicy.Custom, BlocksAfter = TimeSpan.FromDays(30) }])
        {
            using SimulatedEngine engine = new(finalityDepth: 20) { Retention = options };
            engine.Chain.MineEmpty(100);
            engine.Start();
            engine.CatchUp();
            engine.Scheduler.Advance(TimeSpan.FromHours(1));

            MayGo(engine).ShouldBe(80);
        }
    }

    [Fact]
    public void What_the_second_pass_has_still_to_read_and_what_is_to_be_kept_stays()
    {
        foreach ((bool secondPass, int keep, long left) in ((bool, int, long)[])[(true, 0, 80), (false, 30, 30), (false, 0, 0)])
        {
            using SimulatedEngine engine = new(
                finalityDepth: 20,
                endpoints: [new SimulatedEndpoint("first"), new SimulatedEndpoint("second")],
                configure: options =>
                {
                    options.SecondPass = secondPass;
                    options.SecondPassDelay = TimeSpan.FromDays(20);
                })
            {
                Retention = new() { Policy = RetentionPolicy.Aggressive, KeepBlocks = keep },
            };
            engine.Chain.MineEmpty(100);
            engine.Start();
            engine.CatchUp();
            engine.Time.Advance(TimeSpan.FromDays(3));
            engine.Scheduler.Advance(TimeSpan.FromMinutes(30));

            MayGo(engine).ShouldBe(left, $"second pass {secondPass}, keep {keep}");
        }
    }

    [Fact]
    public void The_newest_block_of_a_back_scan_stays_until_it_is_done()
    {
        using SimulatedEngine engine = new(finalityDepth: 20) { Retention = Aggressive() };
        engine.Chain.MineEmpty(50);
        bool refuses = true;
        engine.Start(StoreProxy.Before(engine.Store, (method, _) =>
        {
            if (refuses && method == nameof(IWatchStore.CommitBackScanAsync))
            {
                throw new IOException("the store does not answer");
            }
        }));
        engine.CatchUp();
        long newest = engine.Cursor!.Value.Height;
        engine.Ask(store => store.AddAddressesAsync(
            engine.Chain.Chain,
            [new WatchRegistration { Key = SimulatedFormat.Key("shop"), Address = SimulatedFormat.Address("shop"), Since = 10 }], engine.Time.GetUtcNow(), CancellationToken.None));
        engine.Chain.MineEmpty(100);
        engine.CatchUp();
        Pruning pruning = new(engine.Registration, engine.Store, Aggressive(), engine.Time);

        engine.Ask(_ => pruning.FloorAsync(CancellationToken.None)).ShouldBe(newest);

        refuses = false;
        engine.Scheduler.RunUntil(() => engine.Ask(_ => pruning.FloorAsync(CancellationToken.None)) > newest, Patience).ShouldBeTrue();
    }

    private static RetentionOptions Aggressive() => new() { Policy = RetentionPolicy.Aggressive, KeepBlocks = 0 };

    private static long MayGo(SimulatedEngine engine) => engine.Ask(store => store.PruneAsync(
        new PruneRequest { Chain = engine.Chain.Chain, Term = null, BelowHeight = long.MaxValue, BlocksBefore = DateTimeOffset.MaxValue, DryRun = true }, CancellationToken.None)).Blocks;
}
