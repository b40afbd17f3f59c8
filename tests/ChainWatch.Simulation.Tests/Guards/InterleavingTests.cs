using ChainWatch.Testing;

namespace ChainWatch.Simulation;

/// <summary>The same short history again and again, with one thing happening at the first, the second, the third… continuation of it: no moment is left out.</summary>
public sealed class InterleavingTests
{
    [Fact]
    public void An_engine_that_is_killed_at_any_await_is_carried_on_by_the_next()
    {
        int moments = EveryMoment(static bench =>
        {
            bench.Engine!.Kill();
            bench.Start("second");
        });

        moments.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void An_engine_that_is_stopped_at_any_await_is_carried_on_by_the_next()
    {
        int moments = EveryMoment(static bench =>
        {
            ScenarioEngine first = bench.Engine!;
            first.Stop();
            bench.Start("second");
        });

        moments.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void A_leader_that_freezes_at_any_await_and_comes_back_later_writes_nothing_more()
    {
        int moments = EveryMoment(static bench =>
        {
            ScenarioEngine first = bench.Engine!;
            first.Process.Pause();
            bench.Start("second");
            bench.Depose();
            bench.After(TimeSpan.FromSeconds(3), first.Process.Resume);
        });

        moments.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void An_address_that_is_registered_at_any_moment_is_matched_in_every_block_that_is_committed_afterwards()
    {
        int moments = EveryMoment(static bench => bench.BeginRegistering(SimulatedFormat.Address("late"), since: null));

        moments.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void An_address_that_is_registered_at_any_moment_from_a_height_on_has_all_its_payments_from_there()
    {
        int moments = EveryMoment(static bench => bench.BeginRegistering(SimulatedFormat.Address("late"), since: 2));

        moments.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void An_address_that_is_removed_at_any_moment_keeps_the_payments_that_it_has()
    {
        int moments = EveryMoment(static bench => bench.BeginRemoving(bench.Address));

        moments.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void A_chain_that_changes_at_any_moment_is_followed()
    {
        int moments = EveryMoment(static bench => bench.Chain.ReorgSame((int)Math.Min(3, bench.Chain.Head.Height)));

        moments.ShouldBeGreaterThan(100);
    }

    private static int EveryMoment(Action<Bench> happens)
    {
        for (int moment = 1; ; moment++)
        {
            bool happened = false;
            using Bench bench = new(batchSize: 3);
            List<string> log = [];
            bench.Knobs.StoreYields = 1;
            bench.Knobs.Trace = log.Add;
            bench.Scheduler.BeforeStep = steps =>
            {
                if (!happened && bench.Engine is not null && steps >= moment)
                {
                    happened = true;
                    happens(bench);
                }
            };
            try
            {
                Play(bench);
            }
            catch (Exception exception)
            {
                throw new ScenarioFailedException($"at continuation {moment}: {exception.Message}{Environment.NewLine}{string.Join(Environment.NewLine, log)}");
            }

            if (!happened)
            {
                return moment - 1;
            }
        }
    }

    /// <summary>Catch-up, payments at the tip, a reorg that keeps one payment and drops another, and growth.</summary>
    private static void Play(Bench bench)
    {
        SimulatedChain chain = bench.Chain;
        string late = SimulatedFormat.Address("late");
        chain.Mine(chain.Pay(bench.Address, 1), chain.Pay(late, 1));
        chain.MineEmpty(4);
        chain.Mine(chain.Pay(late, 2));
        bench.Register(bench.Address);
        bench.Start();
        bench.Look(2);
        SimulatedTransaction kept = chain.Pay(chain.Transfer(SimulatedFormat.Key("watched"), 3), chain.Transfer(SimulatedFormat.Key("late"), 3));
        SimulatedTransaction dropped = chain.Pay(bench.Address, 4);
        chain.Mine(kept);
        chain.Mine(dropped);
        bench.Look(2);
        // A transaction is in a branch once, wherever the chain has gone meanwhile.
        chain.Reorg(2, [], chain.At(chain.Head.Height - 2)!.BranchHolds(kept.Id) ? [] : [kept], []);
        bench.Look(2);
        chain.Mine(chain.Pay(late, 5));
        bench.Look(6);
        // What happened, happened; now it may come to an end.
        bench.Scheduler.BeforeStep = null;
        bench.Settle();
        bench.Pending.ShouldBe(0);
        bench.Engine!.Failure.ShouldBeNull();
        bench.Knobs.AcknowledgedEvents.Count.ShouldBe(bench.Oracle.Events.Count);
    }
}
