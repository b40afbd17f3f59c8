using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>Who may be answered from memory, and what makes it forgotten.</summary>
public sealed class FinalAnswersUseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly SimulatedEndpoint _first = new("first");
    private readonly SimulatedEndpoint _second = new("second");

    [Fact]
    public void Following_the_head_and_the_second_pass_always_ask()
    {
        using SimulatedEngine engine = Settled();
        engine.Scheduler.RunUntil(() => SecondPassed(engine) >= 15, Patience).ShouldBeTrue();

        engine.Asked.Asked.ShouldNotBeEmpty();
        engine.Asked.Asked.ShouldAllBe(static one => !one.FromMemory);
    }

    [Fact]
    public void A_back_scan_may_be_answered_from_memory()
    {
        using SimulatedEngine engine = Settled();
        engine.Asked.Asked.Clear();

        ScanBack(engine, "a");

        engine.Asked.Asked.ShouldContain((1, true));
    }

    [Fact]
    public void A_rebuild_always_asks()
    {
        using SimulatedEngine engine = Settled();
        ScanBack(engine, "a");
        engine.Stop();
        engine.Asked.Asked.Clear();
        InMemoryWatchStore rebuilt = new();
        ChainRebuild rebuild = new(engine.Registration, engine.Store, rebuilt, engine.Time, engine.Log.CreateLogger("rebuild"));
        bool late = false;
        engine.Asked.BeforeBlocks = _ =>
        {
            // Registered while it runs, so that the rebuild has a back-scan of its own.
            if (!late)
            {
                late = true;
                WatchRegistration since = new() { Key = SimulatedFormat.Key("late"), Address = SimulatedFormat.Address("late"), Since = 1 };
                engine.Store.AddAddressesAsync(engine.Chain.Chain, [since], engine.Time.GetUtcNow(), CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
            }
        };

        engine.Scheduler.Run(() => rebuild.RunAsync(0, CancellationToken.None));

        engine.Log.Of("BackScanDone").Count.ShouldBe(2, "the one before it, and its own");
        engine.Asked.Asked.ShouldAllBe(static one => !one.FromMemory);
    }

    [Fact]
    public void Reconciliation_that_reads_blocks_always_asks()
    {
        using ReconciliationBench bench = new();
        bench.Engine.Start();
        bench.Engine.Watch("a");
        bench.Pay("a", 5);
        bench.Settle();
        bench.Engine.Asked.Asked.Clear();

        bench.Reconcile(new ReconciliationRequest { ReadBlocks = true }).ShouldBeEmpty();

        bench.Engine.Asked.Asked.ShouldNotBeEmpty();
        bench.Engine.Asked.Asked.ShouldAllBe(static one => !one.FromMemory);
    }

    [Fact]
    public void A_repair_asks_anew()
    {
        using ReconciliationBench bench = new();
        bool hides = true;
        bench.Endpoint.Hides = _ => hides;
        bench.Engine.Start();
        bench.Engine.Watch("a");
        bench.Pay("a", 5);
        bench.Settle();
        int before = bench.Engine.Asked.Forgotten;
        int? atRepair = null;
        hides = false;
        bench.Engine.Asked.BeforeBlocks = _ => atRepair ??= FinalAnswersScope.IsOpen ? bench.Engine.Asked.Forgotten : null;

        bench.Reconcile(new ReconciliationRequest { Repair = true }).ShouldHaveSingleItem().Repair.ShouldBe(RepairState.Repaired);

        atRepair.ShouldNotBeNull().ShouldBeGreaterThan(before, "what left the payment out would leave it out again");
    }

    [Fact]
    public void What_the_second_pass_finds_makes_it_forgotten()
    {
        using SimulatedEngine engine = Create();
        _first.Hides = static _ => true;
        engine.Start();
        engine.Watch("a");
        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("a"), 5));
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        int before = engine.Asked.Forgotten;

        engine.Scheduler.RunUntil(() => SecondPassed(engine) >= 15, Patience).ShouldBeTrue();

        engine.Log.Of("SecondPassFound").ShouldHaveSingleItem();
        engine.Asked.Forgotten.ShouldBeGreaterThan(before);
    }

    [Fact]
    public void A_final_block_that_seems_replaced_makes_it_forgotten()
    {
        using SimulatedEngine engine = new(finalityDepth: 4);
        engine.Start();
        engine.Chain.MineEmpty(10);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(10));
        int before = engine.Asked.Forgotten;
        engine.Chain.ReorgEmpty(6, 8);

        Should.Throw<FinalityViolationException>(() => engine.Scheduler.Advance(TimeSpan.FromMinutes(5)));

        engine.Asked.Forgotten.ShouldBeGreaterThan(before);
    }

    [Fact]
    public void A_back_scan_whose_blocks_are_not_those_that_are_stored_asks_anew()
    {
        using SimulatedEngine engine = new();
        int refusals = 3;
        IWatchStore store = StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitBackScanAsync) && refusals-- > 0)
            {
                BackScanBatch batch = (BackScanBatch)arguments[0]!;
                arguments[0] = Strange(batch);
            }
        });
        engine.Start(store);
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        int before = engine.Asked.Forgotten;

        ScanBack(engine, "a");

        (engine.Asked.Forgotten - before).ShouldBe(3);
    }

    [Fact]
    public void A_back_scan_that_fails_asks_anew()
    {
        using SimulatedEngine engine = new();
        int failures = 2;
        IWatchStore store = StoreProxy.Before(engine.Store, (method, _) =>
        {
            if (method == nameof(IWatchStore.CommitBackScanAsync) && failures-- > 0)
            {
                throw new InvalidOperationException("a fault of the test");
            }
        });
        engine.Start(store);
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        int before = engine.Asked.Forgotten;

        ScanBack(engine, "a");

        (engine.Asked.Forgotten - before).ShouldBe(2);
    }

    [Fact]
    public void A_torn_range_makes_it_forgotten()
    {
        using SimulatedEngine engine = new();
        int torn = 1;
        engine.Asked.Changes = blocks => blocks.Count > 2 && torn-- > 0 ? [blocks[0], .. blocks.Skip(2)] : blocks;
        engine.Chain.MineEmpty(30);
        engine.Start();
        engine.CatchUp();

        engine.Asked.Forgotten.ShouldBe(1);
    }

    [Fact]
    public void A_range_that_does_not_follow_on_makes_it_forgotten()
    {
        using SimulatedEngine engine = new();
        engine.Chain.MineEmpty(100);
        ReplaceOnce(engine, from: engine.Chain.Head.Height - 20);

        engine.Start();
        engine.CatchUp();

        engine.Asked.Forgotten.ShouldBe(1);
    }

    [Fact]
    public void A_block_that_the_chains_own_final_mark_contradicts_makes_it_forgotten()
    {
        using SimulatedEngine engine = new(startHeight: 5, hasMarks: true);
        engine.Chain.MineEmpty(20);
        engine.Chain.MarkFinalized(5);
        ReplaceOnce(engine, from: 5);

        engine.Start();
        engine.CatchUp();

        engine.Asked.Forgotten.ShouldBe(1);
    }

    /// <summary>Once, the blocks from about a height on are those of another chain.</summary>
    private static void ReplaceOnce(SimulatedEngine engine, long from)
    {
        SimulatedChain other = new(seed: 2, timeProvider: engine.Time);
        MinedBlock[] mined = [other.Head, .. Enumerable.Range(0, (int)engine.Chain.Head.Height).Select(_ => other.Mine())];
        bool replaced = false;
        engine.Asked.Changes = blocks =>
        {
            if (replaced || blocks[0].Header.Point.Height < from)
            {
                return blocks;
            }

            replaced = true;
            return [.. blocks.Select(block => new SimulatedBlock(mined[block.Header.Point.Height]))];
        };
    }

    private SimulatedEngine Create() => new(finalityDepth: 5, endpoints: [_first, _second], configure: static options => options.SecondPassDelay = TimeSpan.FromSeconds(30));

    private SimulatedEngine Settled()
    {
        SimulatedEngine engine = Create();
        engine.Start();
        engine.Chain.MineEmpty(20);
        engine.CatchUp();
        return engine;
    }

    private static void ScanBack(SimulatedEngine engine, string label) =>
        engine.Scheduler.Run(() => engine.Watchlist.AddAsync(engine.Chain.Chain.Name, SimulatedFormat.Address(label), reference: null, since: 1, CancellationToken.None)).ShouldBeTrue();

    private static long SecondPassed(SimulatedEngine engine) =>
        engine.Store.ReadSecondPassAsync(engine.Chain.Chain, 0, CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } next ? next.FromHeight - 1 : long.MaxValue;

    /// <summary>The batch with a first block that nobody has.</summary>
    private static BackScanBatch Strange(BackScanBatch batch) => new()
    {
        Chain = batch.Chain,
        Term = batch.Term,
        BackScanId = batch.BackScanId,
        Blocks = [new BlockHeader { Point = new ChainPoint(batch.Blocks[0].Point.Height, default), ParentHash = batch.Blocks[0].ParentHash }, .. batch.Blocks.Skip(1)],
        Payments = batch.Payments,
        At = batch.At,
    };
}
