using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>The database was replaced by a replica of it that may lack the last commits: nothing that is not final is taken for granted.</summary>
public sealed class StoreReplacedTests
{
    private static readonly string A = SimulatedFormat.Address("a");

    [Fact]
    public void Everything_above_the_last_final_block_is_read_again_and_told_to_nobody_twice()
    {
        using SimulatedEngine first = Filled();
        using SimulatedEngine second = new(store: first.Store, chain: first.Chain, finalityDepth: 10);
        List<CommitBatch> commits = [];
        second.Start(Seen(second, commits), new ScriptedElection(first.Store) { StoreReplaced = true });

        second.Scheduler.RunUntil(() => commits.Count > 0, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        second.Chain.MineEmpty(1);
        second.CatchUp();

        CommitBatch verified = commits[0];
        verified.RollBackTo!.Value.Height.ShouldBe(20);
        verified.Blocks.Select(block => block.Point.Height).ShouldBe(Enumerable.Range(21, 10).Select(height => (long)height));
        verified.Payments.Count.ShouldBe(1);
        second.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        commits.Skip(1).ShouldAllBe(commit => commit.RollBackTo == null);
        CoverageRange[] coverage = [.. first.Store.ReadCoverage(first.Chain.Chain)];
        coverage[0].FromHeight.ShouldBe(0);
        coverage[^1].ToHeight.ShouldBe(31);
    }

    [Fact]
    public void A_payment_that_the_replica_lacks_is_found_again()
    {
        using SimulatedEngine first = Filled(register: false);
        first.Register("a");
        using SimulatedEngine second = new(store: first.Store, chain: first.Chain, finalityDepth: 10);
        second.Start(election: new ScriptedElection(first.Store) { StoreReplaced = true });
        second.Scheduler.RunUntil(() => second.Events.Count > 1, TimeSpan.FromMinutes(5)).ShouldBeTrue();

        second.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public void A_node_that_lags_behind_what_is_stored_takes_nothing_back_meanwhile()
    {
        using SimulatedEngine first = Filled();
        using SimulatedEngine second = new(store: first.Store, chain: first.Chain, finalityDepth: 10);
        foreach (SimulatedEndpoint endpoint in second.Reader.Options.Endpoints)
        {
            endpoint.Lag = 8;
        }

        List<CommitBatch> commits = [];
        second.Start(Seen(second, commits), new ScriptedElection(first.Store) { StoreReplaced = true });
        second.Scheduler.RunUntil(() => commits.Count > 0, TimeSpan.FromMinutes(10)).ShouldBeFalse();

        foreach (SimulatedEndpoint endpoint in second.Reader.Options.Endpoints)
        {
            endpoint.Lag = 0;
        }

        second.Scheduler.RunUntil(() => commits.Count > 0, TimeSpan.FromMinutes(10)).ShouldBeTrue();
        second.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public void What_the_chain_replaced_meanwhile_is_taken_back()
    {
        using SimulatedEngine first = Filled();
        first.Chain.ReorgEmpty(8, 10);
        using SimulatedEngine second = new(store: first.Store, chain: first.Chain, finalityDepth: 10);
        second.Start(election: new ScriptedElection(first.Store) { StoreReplaced = true });
        second.CatchUp();

        second.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed, PaymentEventKind.Retracted]);
    }

    [Fact]
    public void A_store_that_was_not_replaced_is_trusted()
    {
        using SimulatedEngine first = Filled();
        using SimulatedEngine second = new(store: first.Store, chain: first.Chain, finalityDepth: 10);
        List<CommitBatch> commits = [];
        second.Start(Seen(second, commits), new ScriptedElection(first.Store));
        second.CatchUp();
        second.Chain.MineEmpty(1);
        second.CatchUp();

        commits.ShouldAllBe(commit => commit.RollBackTo == null);
    }

    /// <summary>Thirty blocks with a payment in the twenty-fifth; those up to the twentieth are final.</summary>
    private static SimulatedEngine Filled(bool register = true)
    {
        SimulatedEngine engine = new(finalityDepth: 10);
        if (register)
        {
            engine.Register("a");
        }

        engine.Chain.MineEmpty(24);
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Chain.MineEmpty(5);
        engine.Start();
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => engine.Status.FinalizedHeight == 20, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        engine.Stop();
        return engine;
    }

    private static IWatchStore Seen(SimulatedEngine engine, List<CommitBatch> commits) => StoreProxy.Before(engine.Store, (method, arguments) =>
    {
        if (method == nameof(IWatchStore.CommitAsync))
        {
            commits.Add((CommitBatch)arguments[0]!);
        }
    });
}
