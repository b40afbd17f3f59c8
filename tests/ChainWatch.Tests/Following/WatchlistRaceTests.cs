using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>I5: an address whose registration was committed before a block's commit is matched in that block.</summary>
public sealed class WatchlistRaceTests
{
    private static readonly string A = SimulatedFormat.Address("a");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_address_registered_between_match_and_commit_is_found_in_that_very_block(bool fetchesOnlyForWatched)
    {
        using SimulatedEngine engine = new(fetchesOnlyForWatched: fetchesOnlyForWatched);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        bool registered = false;
        engine.Start(StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitAsync) && ((CommitBatch)arguments[0]!).Blocks.Count > 0 && !registered)
            {
                registered = true;
                engine.Register("a");
            }
        }));
        engine.CatchUp();
        registered.ShouldBeTrue();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
    }

    [Fact]
    public void An_address_removed_between_match_and_commit_is_not_paid_in_that_block()
    {
        using SimulatedEngine engine = new();
        engine.Register("a");
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        bool removed = false;
        engine.Start(StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitAsync) && ((CommitBatch)arguments[0]!).Payments.Count > 0 && !removed)
            {
                removed = true;
                engine.Store.RemoveAddressAsync(engine.Chain.Chain, SimulatedFormat.Key("a"), CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
            }
        }));
        engine.CatchUp();
        removed.ShouldBeTrue();
        engine.Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_writer_of_an_older_term_writes_nothing_more()
    {
        using SimulatedEngine engine = new();
        engine.Register("a");
        engine.Start();
        engine.CatchUp();
        ChainPoint before = engine.Cursor!.Value;
        engine.Store.RaiseTermAsync(engine.Chain.Chain.Name, "another", CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Scheduler.RunUntil(() => !engine.Status.Leading, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        engine.Cursor.ShouldBe(before);
        engine.Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_registration_with_since_returns_when_the_blocks_from_there_on_are_read_again()
    {
        using SimulatedEngine engine = new();
        engine.Chain.MineEmpty(5);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Chain.MineEmpty(30);
        engine.Chain.Mine(engine.Chain.Pay(A, 6));
        engine.Start();
        engine.CatchUp();
        engine.Events.ShouldBeEmpty();
        engine.Scheduler.Run(() => engine.Watchlist.AddAsync(engine.Chain.Chain.Name, A, null, since: 6, CancellationToken.None));
        engine.Events.Where(static one => one.Kind == PaymentEventKind.Detected).Select(static one => one.Payment.Amount).ShouldBe([5, 6]);
    }

    [Fact]
    public void A_registration_with_since_before_the_chain_has_begun_reads_what_lies_below_its_first_block()
    {
        using SimulatedEngine engine = new(startHeight: null);
        engine.Chain.MineEmpty(5);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Chain.MineEmpty(30);
        bool done = false;
        engine.Scheduler.Start(async () => done = await engine.Watchlist.AddAsync(engine.Chain.Chain.Name, A, null, since: 2, CancellationToken.None));
        engine.Scheduler.RunUntilIdle();
        engine.Start();
        engine.Scheduler.RunUntil(() => done, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        engine.Store.ReadCoverage(engine.Chain.Chain)[0].FromHeight.ShouldBe(36);
    }

    [Fact]
    public void A_back_scan_reads_just_the_blocks_that_were_asked_for()
    {
        using SimulatedEngine engine = new();
        engine.Chain.MineEmpty(5);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Chain.Mine(engine.Chain.Pay(A, 6));
        engine.Start();
        engine.CatchUp();
        engine.Scheduler.Run(() => engine.Watchlist.AddAsync(engine.Chain.Chain.Name, A, null, since: 7, CancellationToken.None));
        engine.Events.ShouldHaveSingleItem().Payment.Amount.ShouldBe(6);
    }

    [Fact]
    public void The_tip_goes_on_while_a_back_scan_runs_and_a_reorg_under_it_loses_nothing()
    {
        using SimulatedEngine engine = new(reader: static options => options.Latency = TimeSpan.FromMilliseconds(200));
        engine.Chain.MineEmpty(40);
        SimulatedTransaction payment = engine.Chain.Pay(A, 5);
        engine.Chain.Mine(payment);
        engine.Start();
        engine.CatchUp();
        Task adding = Task.CompletedTask;
        engine.Scheduler.Start(() => adding = engine.Watchlist.AddAsync(engine.Chain.Chain.Name, A, null, since: 0, CancellationToken.None));
        engine.Scheduler.Advance(TimeSpan.FromMilliseconds(500));
        adding.IsCompleted.ShouldBeFalse();
        engine.Chain.Reorg(3, [], [payment], [], []);
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => adding.IsCompleted, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        PaymentEvent detected = engine.Events.Where(static one => one.Kind == PaymentEventKind.Detected).ShouldHaveSingleItem();
        engine.Ask(store => store.ReadPaymentsAsync(engine.Chain.Chain, 10, CancellationToken.None)).ShouldHaveSingleItem().Block.Height.ShouldBe(engine.Chain.Head.Height - 2);
        detected.Payment.Amount.ShouldBe(5);
    }

    [Fact]
    public void Bad_addresses_unknown_chains_and_other_references_are_refused_with_what_and_where()
    {
        using SimulatedEngine engine = new();
        engine.Watch("a");
        Should.Throw<AddressFormatException>(() => engine.Scheduler.Run(() => engine.Watchlist.AddAsync(engine.Chain.Chain.Name, "nonsense", null, CancellationToken.None)))
            .Message.ShouldContain("nonsense");
        Should.Throw<UnknownChainException>(() => engine.Scheduler.Run(() => engine.Watchlist.AddAsync("nowhere", A, null, CancellationToken.None)))
            .Message.ShouldContain("ChainWatch:Chains:nowhere");
        Should.Throw<WatchConflictException>(() => engine.Scheduler.Run(() => engine.Watchlist.AddAsync(engine.Chain.Chain.Name, A, PaymentReference.For("order", "other"), CancellationToken.None)))
            .Message.ShouldContain("order:a");
        engine.Scheduler.Run(async () => (await engine.Watchlist.AddAsync(engine.Chain.Chain.Name, A, PaymentReference.For("order", "a"), CancellationToken.None)).ShouldBeFalse());
        engine.Scheduler.Run(async () => (await engine.Watchlist.CountAsync(engine.Chain.Chain.Name, CancellationToken.None)).ShouldBe(1));
    }
}
