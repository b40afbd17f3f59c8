using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>An account and its tags are watched by themselves: each payment goes to one of them, whatever is registered and removed meanwhile, and never to none.</summary>
public sealed class SharedAccountTests
{
    private static readonly string Account = SimulatedFormat.Address("w");
    private static readonly string Tagged = $"{Account}:42";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tag_that_is_removed_between_match_and_commit_leaves_the_payment_to_the_account(bool fetchesOnlyForWatched)
    {
        using SimulatedEngine engine = Engine(fetchesOnlyForWatched);
        engine.RegisterAddress(Account);
        engine.RegisterAddress(Tagged);
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"), engine.Chain.Pay(Account, 6, tag: "43"), engine.Chain.Pay(Account, 7));
        StartAndBeforeTheCommit(engine, () => engine.RemoveAddress(Tagged));

        Paid(engine).ShouldBe([$"5 to {Account} tag 42", $"6 to {Account} tag 43", $"7 to {Account} tag -"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tag_that_is_registered_between_match_and_commit_takes_the_payment_from_the_account(bool fetchesOnlyForWatched)
    {
        using SimulatedEngine engine = Engine(fetchesOnlyForWatched);
        engine.RegisterAddress(Account);
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"), engine.Chain.Pay(Account, 6, tag: "43"));
        StartAndBeforeTheCommit(engine, () => engine.RegisterAddress(Tagged));

        Paid(engine).ShouldBe([$"6 to {Account} tag 43", $"5 to {Tagged} tag 42"], ignoreOrder: true);
    }

    [Fact]
    public void An_account_that_is_removed_between_match_and_commit_keeps_nothing_and_its_tag_keeps_its_own()
    {
        using SimulatedEngine engine = Engine();
        engine.RegisterAddress(Account);
        engine.RegisterAddress(Tagged);
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"), engine.Chain.Pay(Account, 6));
        StartAndBeforeTheCommit(engine, () => engine.RemoveAddress(Account));

        Paid(engine).ShouldBe([$"5 to {Tagged} tag 42"]);
    }

    [Fact]
    public void A_payment_that_the_account_got_stays_its_own_in_another_branch_though_its_tag_is_watched_by_then()
    {
        using SimulatedEngine engine = Engine();
        engine.RegisterAddress(Account);
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"));
        engine.CatchUp();
        engine.RegisterAddress(Tagged);
        engine.Chain.ReorgSame(1);
        engine.Chain.Mine(engine.Chain.Pay(Account, 6, tag: "42"));
        engine.CatchUp();

        Paid(engine).ShouldBe([$"5 to {Account} tag 42", $"6 to {Tagged} tag 42"]);
        engine.Events[1].Kind.ShouldBe(PaymentEventKind.Moved);
        engine.Events[1].Payment.Address.ShouldBe(Account);
    }

    [Fact]
    public void A_payment_that_a_tag_got_stays_its_own_in_another_branch_though_only_the_account_is_watched_by_then()
    {
        using SimulatedEngine engine = Engine();
        engine.RegisterAddress(Account);
        engine.RegisterAddress(Tagged);
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"));
        engine.CatchUp();
        engine.RemoveAddress(Tagged);
        engine.Chain.ReorgSame(1);
        engine.Chain.Mine(engine.Chain.Pay(Account, 6, tag: "42"));
        engine.CatchUp();

        Paid(engine).ShouldBe([$"5 to {Tagged} tag 42", $"6 to {Account} tag 42"]);
        engine.Events[1].Kind.ShouldBe(PaymentEventKind.Moved);
        engine.Events[1].Payment.Address.ShouldBe(Tagged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Back_scans_of_an_account_and_of_its_tag_give_each_payment_to_who_takes_it_whichever_comes_first(bool accountFirst)
    {
        using SimulatedEngine engine = Engine();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"), engine.Chain.Pay(Account, 6, tag: "43"), engine.Chain.Pay(Account, 7));
        engine.Start();
        engine.CatchUp();
        engine.RegisterAddress(accountFirst ? Account : Tagged, since: 0);
        engine.RegisterAddress(accountFirst ? Tagged : Account, since: 0);
        ScanBack(engine);

        Paid(engine).ShouldBe([$"5 to {Tagged} tag 42", $"6 to {Account} tag 43", $"7 to {Account} tag -"], ignoreOrder: true);
    }

    [Fact]
    public void A_back_scan_of_an_account_takes_what_was_paid_to_its_tag_before_that_counted()
    {
        using SimulatedEngine engine = Engine();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"));
        engine.Chain.Mine(engine.Chain.Pay(Account, 6, tag: "42"));
        engine.Start();
        engine.CatchUp();
        engine.RegisterAddress(Tagged, since: 2);
        engine.RegisterAddress(Account, since: 0);
        ScanBack(engine);

        Paid(engine).ShouldBe([$"5 to {Account} tag 42", $"6 to {Tagged} tag 42"], ignoreOrder: true);
    }

    [Fact]
    public void A_back_scan_of_a_tag_leaves_the_account_what_it_has()
    {
        using SimulatedEngine engine = Engine();
        engine.RegisterAddress(Account);
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"));
        engine.Start();
        engine.CatchUp();
        engine.RegisterAddress(Tagged, since: 0);
        ScanBack(engine);

        Paid(engine).ShouldBe([$"5 to {Account} tag 42"]);
    }

    [Fact]
    public void A_tag_that_is_removed_while_the_account_is_scanned_leaves_the_payment_to_the_account()
    {
        using SimulatedEngine engine = Engine();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"));
        bool removed = false;
        engine.Start(StoreProxy.Before(engine.Store, (method, _) =>
        {
            if (method == nameof(IWatchStore.CommitBackScanAsync) && !removed)
            {
                removed = true;
                engine.RemoveAddress(Tagged);
            }
        }));
        engine.CatchUp();
        engine.RegisterAddress(Account, since: 0);
        engine.RegisterAddress(Tagged, since: 0);
        ScanBack(engine);

        removed.ShouldBeTrue();
        Paid(engine).ShouldBe([$"5 to {Account} tag 42"]);
    }

    [Fact]
    public void A_tag_that_counts_from_a_later_height_on_leaves_the_account_what_comes_before()
    {
        using SimulatedEngine engine = Engine();
        engine.RegisterAddress(Account);
        engine.RegisterAddress(Tagged, since: 3);
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"));
        engine.CatchUp();
        engine.Chain.MineEmpty(1);
        engine.Chain.Mine(engine.Chain.Pay(Account, 6, tag: "42"));
        engine.CatchUp();

        Paid(engine).ShouldBe([$"5 to {Account} tag 42", $"6 to {Tagged} tag 42"]);
    }

    [Fact]
    public void What_the_second_pass_finds_is_the_accounts_where_the_tag_did_not_count_yet()
    {
        SimulatedEndpoint first = new("first") { Hides = static _ => true };
        using SimulatedEngine engine = new(
            chain: new SimulatedChain(timeProvider: new ManualTimeProvider(), hasTags: true), endpoints: [first, new SimulatedEndpoint("second")], finalityDepth: 2,
            configure: static options =>
            {
                options.SecondPass = true;
                options.SecondPassDelay = TimeSpan.FromSeconds(1);
            });
        engine.RegisterAddress(Account);
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"), engine.Chain.Pay(Account, 6, tag: "43"));
        engine.CatchUp();
        engine.RegisterAddress(Tagged);
        engine.Chain.Mine(engine.Chain.Pay(Account, 7, tag: "42"));
        engine.Chain.MineEmpty(6);
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => Paid(engine).Length == 3, TimeSpan.FromMinutes(10)).ShouldBeTrue(string.Join("; ", Paid(engine)));

        Paid(engine).ShouldBe([$"5 to {Account} tag 42", $"6 to {Account} tag 43", $"7 to {Tagged} tag 42"], ignoreOrder: true);
    }

    [Fact]
    public void What_is_read_again_for_an_account_and_its_tags_is_the_accounts_where_the_tag_did_not_count_yet()
    {
        bool hides = true;
        SimulatedEndpoint endpoint = new("first") { Hides = _ => hides };
        using SimulatedEngine engine = new(chain: new SimulatedChain(timeProvider: new ManualTimeProvider(), hasTags: true), endpoints: [endpoint]);
        engine.RegisterAddress(Account);
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(Account, 5, tag: "42"));
        engine.CatchUp();
        engine.RegisterAddress(Tagged);
        engine.Chain.Mine(engine.Chain.Pay(Account, 6, tag: "42"));
        engine.CatchUp();
        engine.Events.ShouldBeEmpty();
        hides = false;
        AddressKey[] keys = [engine.Chain.Chain.Format.ParseAddress(Account), engine.Chain.Chain.Format.ParseAddress(Tagged)];
        engine.Scheduler.Run(async () => await engine.Store.Reconciliations.RepairAsync(engine.Chain.Chain, 1, keys, 1, 2, "a test", CancellationToken.None)).ShouldNotBeNull();
        ScanBack(engine);

        Paid(engine).ShouldBe([$"5 to {Account} tag 42", $"6 to {Tagged} tag 42"]);
    }

    private static void ScanBack(SimulatedEngine engine) => engine.Scheduler.RunUntil(
        () => engine.Store.ReadBackScansAsync(engine.Chain.Chain, CancellationToken.None).AsTask().Result.Count == 0, TimeSpan.FromMinutes(1)).ShouldBeTrue();

    private static SimulatedEngine Engine(bool fetchesOnlyForWatched = false, int finalityDepth = 64)
    {
        // Its clock is the chain's too.
        ManualTimeProvider time = new();
        return new SimulatedEngine(chain: new SimulatedChain(timeProvider: time, hasTags: true), fetchesOnlyForWatched: fetchesOnlyForWatched, finalityDepth: finalityDepth);
    }

    private static void StartAndBeforeTheCommit(SimulatedEngine engine, Action change)
    {
        bool changed = false;
        engine.Start(StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitAsync) && ((CommitBatch)arguments[0]!).Payments.Count > 0 && !changed)
            {
                changed = true;
                change();
            }
        }));
        engine.CatchUp();
        changed.ShouldBeTrue();
    }

    /// <summary>What was told, once for each payment: nothing is taken back here.</summary>
    private static string[] Paid(SimulatedEngine engine)
    {
        engine.Kinds.ShouldNotContain(PaymentEventKind.Retracted);
        return [.. engine.Events.Where(static one => one.Kind == PaymentEventKind.Detected).Select(static one => $"{one.Payment.Amount} to {one.Payment.Address} tag {one.Payment.Tag ?? "-"}")];
    }
}
