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
