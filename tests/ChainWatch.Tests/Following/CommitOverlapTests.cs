using ChainWatch.Testing;

namespace ChainWatch.Tests;

/// <summary>While a batch is written, the follower looks through the blocks after it; what it finds, and what it tells, is as if it had waited.</summary>
public sealed class CommitOverlapTests : IDisposable
{
    private static readonly string A = SimulatedFormat.Address("a");

    private readonly SimulatedEngine _engine = new();
    private readonly List<CommitBatch> _commits = [];
    private readonly TaskCompletionSource _gate = new();

    /// <summary>What is read while the first commit waits: far more than is fetched ahead.</summary>
    private const int Blocks = 300;

    public void Dispose()
    {
        _gate.TrySetResult();
        _engine.Dispose();
    }

    [Fact]
    public void Blocks_are_looked_through_while_those_before_them_are_written()
    {
        _engine.Chain.MineEmpty(Blocks);
        StartHeld();
        _commits.ShouldHaveSingleItem();
        _engine.Asked.Asked.Max(static one => one.From).ShouldBeGreaterThan(Blocks - 20);

        _gate.SetResult();
        _engine.CatchUp();
        _commits.Count.ShouldBeLessThan(5, "what was read meanwhile is written at once");
        _commits.Sum(static batch => batch.Blocks.Count).ShouldBe(Blocks + 1);
    }

    [Fact]
    public void No_two_batches_are_written_at_once()
    {
        int underWay = 0;
        int most = 0;
        _engine.Chain.MineEmpty(Blocks);
        _engine.Start(StoreProxy.Holding(_engine.Store, async _ =>
        {
            most = Math.Max(most, ++underWay);
            await Task.Delay(TimeSpan.FromSeconds(3), _engine.Time);
            underWay--;
        }));
        _engine.CatchUp();
        most.ShouldBe(1);
    }

    [Fact]
    public void An_address_registered_while_a_batch_is_written_is_found_in_it_and_in_the_blocks_after_it()
    {
        _engine.Chain.Mine(_engine.Chain.Pay(A, 5));
        _engine.Chain.MineEmpty(Blocks);
        _engine.Chain.Mine(_engine.Chain.Pay(A, 6));
        StartHeld();
        _engine.Asked.Asked.Max(static one => one.From).ShouldBeGreaterThan(Blocks - 20);

        _engine.Register("a");
        _gate.SetResult();
        _engine.CatchUp();
        _engine.Events.Where(static one => one.Kind == PaymentEventKind.Detected).Select(static one => one.Payment.Amount).ShouldBe([5, 6]);
    }

    [Fact]
    public void An_address_removed_while_a_batch_is_written_is_paid_neither_in_it_nor_in_the_blocks_after_it()
    {
        _engine.Register("a");
        _engine.Chain.Mine(_engine.Chain.Pay(A, 5));
        _engine.Chain.MineEmpty(Blocks);
        _engine.Chain.Mine(_engine.Chain.Pay(A, 6));
        StartHeld();

        _engine.RemoveAddress(A);
        _gate.SetResult();
        _engine.CatchUp();
        _engine.Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_batch_that_could_not_be_written_is_read_again_with_the_blocks_after_it()
    {
        bool failed = false;
        _engine.Register("a");
        _engine.Chain.Mine(_engine.Chain.Pay(A, 5));
        _engine.Chain.MineEmpty(Blocks);
        _engine.Chain.Mine(_engine.Chain.Pay(A, 6));
        _engine.Start(StoreProxy.Holding(_engine.Store, async batch =>
        {
            await Task.Delay(TimeSpan.FromSeconds(3), _engine.Time);
            if (batch.Payments.Count > 0 && !failed)
            {
                failed = true;
                throw new IOException("the store is gone");
            }
        }));
        _engine.CatchUp();
        failed.ShouldBeTrue();
        _engine.Events.Where(static one => one.Kind == PaymentEventKind.Detected).Select(static one => one.Payment.Amount).ShouldBe([5, 6]);
        _engine.Reader.OutstandingBlocks.ShouldBe(0);
    }

    [Fact]
    public void A_host_that_stops_waits_for_what_is_being_written()
    {
        _engine.Register("a");
        _engine.Chain.Mine(_engine.Chain.Pay(A, 5));
        _engine.Chain.MineEmpty(Blocks);
        StartHeld(thenServes: false);

        _engine.Stop();
        _engine.Running!.IsCompleted.ShouldBeFalse("leadership must not be given back before its last write is over");
        _gate.SetResult();
        _engine.Scheduler.RunUntilIdle();
        _engine.Running.IsCompleted.ShouldBeTrue();
        _engine.Reader.OutstandingBlocks.ShouldBe(0);
    }

    [Fact]
    public void What_could_not_be_written_when_a_host_stops_is_told()
    {
        _engine.Chain.MineEmpty(Blocks);
        StartHeld(thenServes: false);

        _engine.Stop();
        _gate.SetException(new IOException("the store is gone"));
        _engine.Scheduler.RunUntilIdle();
        _engine.Running!.IsCompleted.ShouldBeTrue();
        _engine.Log.Of("CommitFailed").ShouldHaveSingleItem().Exception.ShouldBeOfType<IOException>();
    }

    [Fact]
    public void While_a_batch_is_written_the_follower_is_at_work_however_many_blocks_come()
    {
        _engine.Chain.MineEmpty(3_000);
        _engine.Asked.Takes = (TimeSpan.FromSeconds(10), _engine.Time);
        StartHeld();
        int asked = _engine.Asked.Asked.Count;
        _engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        _engine.Asked.Asked.Count.ShouldBeGreaterThan(asked + 10);

        _engine.Status.ReadFeed().Working.ShouldBeGreaterThan(TimeSpan.FromSeconds(100), "it waits for the store, not for the chain");
    }

    [Fact]
    public void Payments_that_are_no_longer_wanted_fill_no_batch()
    {
        _engine.Register("a");
        SimulatedTransfer[] many = [.. Enumerable.Range(1, 1_500).Select(amount => _engine.Chain.Transfer(SimulatedFormat.Key("a"), amount))];
        for (int block = 0; block < 21; block++)
        {
            _engine.Chain.Mine(_engine.Chain.Pay(many));
        }

        _engine.Chain.MineEmpty(Blocks);
        StartHeld();
        _engine.RemoveAddress(A);
        _gate.SetResult();
        _engine.CatchUp();
        _engine.Events.ShouldBeEmpty();
        _commits.Count.ShouldBeLessThan(Blocks / 4);
    }

    /// <summary>Starts, and lets as much happen as can while the first batch waits.</summary>
    private void StartHeld(bool thenServes = true)
    {
        _engine.Start(StoreProxy.Holding(_engine.Store, async batch =>
        {
            _commits.Add(batch);
            _engine.Asked.Serves = thenServes || _gate.Task.IsCompleted;
            await _gate.Task;
        }));
        _engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
    }
}
