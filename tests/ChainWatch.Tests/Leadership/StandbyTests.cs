using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>What a standby does until its turn comes, and how it takes its turn.</summary>
public sealed class StandbyTests
{
    private static readonly string A = SimulatedFormat.Address("a");
    private static readonly LeadershipHolder Other = new() { Name = "other", Address = "10.0.0.7" };

    [Fact]
    public void A_standby_rehearses_and_writes_nothing()
    {
        using SimulatedEngine engine = new();
        engine.Register("a");
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        List<CommitOutcome> outcomes = [];
        List<long> terms = [];
        ScriptedElection election = new(engine.Store) { Other = Other };
        engine.Start(StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitAsync))
            {
                terms.Add(((CommitBatch)arguments[0]!).Term);
            }
        }), election);

        engine.Scheduler.RunUntil(() => terms.Count >= 3, TimeSpan.FromMinutes(5)).ShouldBeTrue();

        terms.ShouldAllBe(term => term == Follower.NoTerm);
        engine.Events.ShouldBeEmpty();
        engine.Ask(store => store.LoadAsync(engine.Chain.Chain, 0, CancellationToken.None)).Cursor.ShouldBeNull();
        election.Candidate!.IsReady.ShouldBeTrue();
        LeadershipStatus status = engine.Status.Leadership;
        status.IsLeading.ShouldBeFalse();
        status.Holder.ShouldBe(Other);
        status.IsReady.ShouldBeTrue();
        engine.Status.Cursor.ShouldBeNull();
    }

    [Fact]
    public void A_standby_rehearses_a_block_and_its_write_also_where_the_leader_has_them_all()
    {
        using SimulatedEngine engine = new();
        engine.Register("a");
        engine.Chain.Mine();
        engine.Chain.Mine();
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        List<CommitBatch> rehearsed = [];
        ScriptedElection election = new(engine.Store);
        engine.Start(StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitAsync) && arguments[0] is CommitBatch { Term: Follower.NoTerm } batch)
            {
                rehearsed.Add(batch);
            }
        }), election);
        engine.CatchUp();
        ChainPoint newest = engine.Status.Cursor!.Value;
        election.Other = Other;
        election.Led[0].AskFor();

        engine.Scheduler.RunUntil(() => rehearsed.Count >= 2, TimeSpan.FromMinutes(5)).ShouldBeTrue();

        rehearsed.ShouldAllBe(batch => batch.Blocks.Single().Point == newest && batch.Payments.Count == 1);
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        election.Candidate!.IsReady.ShouldBeTrue();
    }

    [Fact]
    public void A_standby_takes_no_feed_of_announcements_and_a_leader_does()
    {
        using SimulatedEngine engine = new();
        engine.Chain.Mine();
        ScriptedElection election = new(engine.Store) { Other = Other };
        engine.Start(election: election);
        engine.Scheduler.RunUntil(() => election.Candidate?.IsReady is true, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        engine.Scheduler.RunUntil(() => false, TimeSpan.FromMinutes(2));

        engine.Asked.Waits.ShouldBe(0);

        engine.Scheduler.Start(() =>
        {
            election.Win();
            return Task.CompletedTask;
        });
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => engine.Asked.Waits > 0, TimeSpan.FromMinutes(1)).ShouldBeTrue();
    }

    [Fact]
    public void Its_turn_comes_and_it_goes_on_without_loading_the_addresses_again()
    {
        using SimulatedEngine engine = new();
        engine.Register("a");
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        List<string> calls = [];
        ScriptedElection election = new(engine.Store) { Other = Other };
        engine.Start(StoreProxy.Before(engine.Store, (method, _) => calls.Add(method)), election);
        engine.Scheduler.RunUntil(() => election.Candidate?.IsReady is true, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        // In between two rehearsals.
        engine.Scheduler.RunUntil(() => false, TimeSpan.FromSeconds(3));
        calls.Clear();

        engine.Scheduler.Start(() =>
        {
            election.Win();
            return Task.CompletedTask;
        });
        engine.CatchUp();

        calls.ShouldNotContain(nameof(IWatchStore.ReadWatchChangesAsync));
        calls.IndexOf(nameof(IWatchStore.LoadAsync)).ShouldBeGreaterThanOrEqualTo(0);
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        engine.Status.Leadership.ShouldBe(new LeadershipStatus
        {
            Scope = engine.Chain.Chain.Name,
            IsLeading = true,
            Term = 1,
            Since = engine.Status.Leadership.Since,
            IsReady = true,
        });
    }

    [Fact]
    public void An_address_registered_since_the_last_rehearsal_is_found_all_the_same()
    {
        using SimulatedEngine engine = new();
        ScriptedElection election = new(engine.Store) { Other = Other };
        engine.Start(election: election);
        engine.Scheduler.RunUntil(() => election.Candidate?.IsReady is true, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        engine.Register("a");
        engine.Chain.Mine(engine.Chain.Pay(A, 5));

        engine.Scheduler.Start(() =>
        {
            election.Win();
            return Task.CompletedTask;
        });
        engine.CatchUp();

        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
    }

    [Fact]
    public void A_standby_whose_endpoints_do_not_answer_is_not_ready()
    {
        using SimulatedEngine engine = new();
        ScriptedElection election = new(engine.Store) { Other = Other };
        engine.Start(election: election);
        engine.Scheduler.RunUntil(() => election.Candidate?.IsReady is true, TimeSpan.FromMinutes(5)).ShouldBeTrue();

        foreach (SimulatedEndpoint endpoint in engine.Reader.Options.Endpoints)
        {
            endpoint.IsDown = true;
        }

        engine.Scheduler.RunUntil(() => election.Candidate?.IsReady is false, TimeSpan.FromMinutes(5)).ShouldBeTrue();
        engine.Status.Leadership.IsReady.ShouldBeFalse();
    }

    [Fact]
    public void A_leader_that_is_asked_to_hands_over_between_two_commits_and_stands_by_at_once()
    {
        using SimulatedEngine engine = new();
        engine.Register("a");
        ScriptedElection election = new(engine.Store);
        engine.Start(StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitAsync) && ((CommitBatch)arguments[0]!).Payments.Count > 0)
            {
                // In the middle of a commit, which must not be broken off.
                election.Led[0].AskFor();
            }
        }), election);
        engine.CatchUp();
        engine.Chain.Mine(engine.Chain.Pay(A, 5));

        engine.Scheduler.RunUntil(() => election.Led[0].IsDisposed, TimeSpan.FromMinutes(5)).ShouldBeTrue();

        // What was under way is whole.
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        engine.Scheduler.RunUntil(() => election.Led.Count == 2, TimeSpan.FromMilliseconds(500)).ShouldBeTrue();
        engine.Chain.Mine(engine.Chain.Pay(A, 6));
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Detected]);
    }

    [Fact]
    public void A_leader_that_has_lost_the_chain_says_so_at_once_also_in_the_middle_of_a_write()
    {
        using SimulatedEngine engine = new();
        engine.Register("a");
        ScriptedElection election = new(engine.Store);
        bool? leading = null;
        engine.Start(StoreProxy.Before(engine.Store, (method, arguments) =>
        {
            if (method == nameof(IWatchStore.CommitAsync) && ((CommitBatch)arguments[0]!).Payments.Count > 0 && leading is null)
            {
                engine.Status.Leading.ShouldBeTrue();
                election.Led[0].Lose();
                leading = engine.Status.Leading;
            }
        }), election);
        engine.CatchUp();
        engine.Chain.Mine(engine.Chain.Pay(A, 5));

        engine.Scheduler.RunUntil(() => election.Led.Count == 2, TimeSpan.FromMinutes(5)).ShouldBeTrue();

        leading.ShouldBe(false);
        engine.CatchUp();
        engine.Status.Leadership.IsLeading.ShouldBeTrue();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
    }
}
