using ChainWatch.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChainWatch.Tests;

public sealed class DeliveryRunnerTests
{
    private static readonly string A = SimulatedFormat.Address("a");
    private static readonly string B = SimulatedFormat.Address("b");

    [Fact]
    public void Hands_each_event_over_once_in_the_order_of_its_payment()
    {
        List<PaymentEventKind> seen = [];
        using SimulatedEngine engine = Confirmed(out _);
        engine.Deliver((context, _) =>
        {
            seen.Add(context.Kind);
            return Task.CompletedTask;
        });
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        seen.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        Outbox(engine).Pending.ShouldBe(0);
    }

    [Fact]
    public void A_failure_is_tried_again_under_the_same_key_before_any_later_event_of_the_payment()
    {
        List<(PaymentEventKind Kind, int Attempt, string Key)> seen = [];
        using SimulatedEngine engine = Confirmed(out _);
        engine.Deliver((context, _) =>
        {
            seen.Add((context.Kind, context.Attempt, context.IdempotencyKey));
            return context.Attempt < 3 && context.Kind == PaymentEventKind.Detected ? throw new InvalidOperationException("not yet") : Task.CompletedTask;
        });
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        seen.Select(static one => (one.Kind, one.Attempt)).ShouldBe([(PaymentEventKind.Detected, 1), (PaymentEventKind.Detected, 2), (PaymentEventKind.Detected, 3), (PaymentEventKind.Confirmed, 1)]);
        seen.Take(3).Select(static one => one.Key).Distinct().ShouldHaveSingleItem();
        seen[3].Key.ShouldNotBe(seen[0].Key);
    }

    [Fact]
    public void What_fails_too_often_is_parked_with_its_later_events_and_can_be_replayed()
    {
        bool broken = true;
        List<PaymentEventKind> done = [];
        using SimulatedEngine engine = Confirmed(out _);
        engine.Deliver(
            (context, _) =>
            {
                if (broken)
                {
                    throw new InvalidOperationException("no such customer");
                }

                done.Add(context.Kind);
                return Task.CompletedTask;
            },
            new DeliveryOptions { MaxAttempts = 3, Seed = 1 });
        engine.Scheduler.Advance(TimeSpan.FromMinutes(10));
        ParkedDelivery parked = engine.Ask(store => store.ReadParkedAsync(10, CancellationToken.None)).ShouldHaveSingleItem();
        parked.Attempts.ShouldBe(3);
        parked.Error.ShouldContain("no such customer");
        parked.Event.Kind.ShouldBe(PaymentEventKind.Detected);
        Outbox(engine).ShouldBe(new OutboxState(1, engine.Events[1].OccurredAt, 1));
        broken = false;
        engine.Ask(store => store.ReplayAsync(parked.Event.Sequence, CancellationToken.None)).ShouldBeTrue();
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        done.ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        Outbox(engine).ShouldBe(new OutboxState(0, null, 0));
    }

    [Fact]
    public void A_handler_that_hangs_stops_neither_the_chain_nor_other_payments()
    {
        List<string> done = [];
        using SimulatedEngine engine = new(confirmations: "1");
        engine.Watch("a");
        engine.Watch("b");
        engine.Start();
        engine.Deliver((context, _) =>
        {
            if (context.Payment.Address == A)
            {
                // It does not even look at its token.
                return new TaskCompletionSource().Task;
            }

            done.Add(context.Payment.Address);
            return Task.CompletedTask;
        });
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Chain.Mine(engine.Chain.Pay(B, 5));
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(5));
        done.ShouldBe([B, B]);
        engine.Chain.MineEmpty(1);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromHours(2));
        engine.Ask(store => store.ReadParkedAsync(10, CancellationToken.None)).ShouldHaveSingleItem().Error.ShouldContain("longer than 00:00:30");
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_stops_neither_other_payments_nor_its_own_next_attempt()
    {
        using SimulatedEngine engine = new(confirmations: "1");
        engine.Watch("a");
        engine.Watch("b");
        engine.Start();
        engine.Chain.Mine(engine.Chain.Pay(A, 5));
        engine.Chain.Mine(engine.Chain.Pay(B, 5));
        engine.CatchUp();
        engine.Stop();
        using ManualResetEventSlim never = new();
        using ChainWatchMetrics metrics = new();
        using CancellationTokenSource stop = new();
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        TaskCompletionSource other = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource again = new(TaskCreationOptions.RunContinuationsAsynchronously);
        DeliveryRunner runner = new(engine.Store, Handle, new DeliveryOptions { Seed = 1 }, metrics, new EngineSignals(), engine.Time, NullLogger.Instance);
        try
        {
            // On real threads, where it matters.
            Task running = Task.Run(() => runner.RunAsync(stop.Token), CancellationToken.None);
            await other.Task.WaitAsync(patience.Token);
            while (!again.Task.IsCompleted)
            {
                engine.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(TimeSpan.FromMilliseconds(1), patience.Token);
            }

            await stop.CancelAsync();
            engine.Time.Advance(TimeSpan.FromHours(1));
            await running.WaitAsync(patience.Token);
        }
        finally
        {
            never.Set();
        }

        Task Handle(PaymentContext context, CancellationToken cancellationToken)
        {
            if (context.Payment.Address == A && context.Attempt == 1)
            {
                never.Wait(CancellationToken.None);
            }

            (context.Payment.Address == A ? again : other).TrySetResult();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Handlers_that_block_their_threads_are_begun_no_more_when_there_are_very_many()
    {
        using SimulatedEngine engine = new(confirmations: "1");
        engine.Watch("a");
        engine.Start();
        for (int block = 0; block < 10; block++)
        {
            engine.Chain.Mine(engine.Chain.Pay(A, 5));
        }

        engine.CatchUp();
        engine.Stop();
        using ManualResetEventSlim never = new();
        using ChainWatchMetrics metrics = new();
        using CancellationTokenSource stop = new();
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        int blocked = 0;
        DeliveryRunner runner = new(engine.Store, Handle, new DeliveryOptions { Seed = 1, Parallelism = 2 }, metrics, new EngineSignals(), engine.Time, engine.Log.CreateLogger("delivery")) { MostBlocked = 3 };
        Task running = Task.Run(() => runner.RunAsync(stop.Token), CancellationToken.None);
        try
        {
            while (engine.Log.Of("HandlersBlocked").Count == 0)
            {
                engine.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(TimeSpan.FromMilliseconds(1), patience.Token);
            }

            // Those that were begun before the bound was reached are as many more as are handled side by side, at most; where the pool is short of threads, some only wait for one.
            Volatile.Read(ref blocked).ShouldBeInRange(1, 3 + 2);
        }
        finally
        {
            never.Set();
        }

        while ((await engine.Store.ReadOutboxAsync(CancellationToken.None)).Pending > 0)
        {
            engine.Time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), patience.Token);
        }

        await stop.CancelAsync();
        engine.Time.Advance(TimeSpan.FromHours(1));
        await running.WaitAsync(patience.Token);

        Task Handle(PaymentContext context, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref blocked);
            never.Wait(CancellationToken.None);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public void Payments_are_handled_side_by_side_up_to_the_bound()
    {
        int underWay = 0;
        int most = 0;
        using SimulatedEngine engine = new(confirmations: "1");
        engine.Watch("a");
        engine.Start();
        engine.Deliver(
            async (_, cancellationToken) =>
            {
                most = Math.Max(most, ++underWay);
                await Task.Delay(TimeSpan.FromSeconds(1), engine.Time, cancellationToken);
                underWay--;
            },
            new DeliveryOptions { Parallelism = 3, Seed = 1 });
        engine.Chain.Mine([.. Enumerable.Range(0, 10).Select(n => engine.Chain.Pay(A, n + 1))]);
        engine.CatchUp();
        engine.Scheduler.Advance(TimeSpan.FromMinutes(1));
        most.ShouldBe(3);
        Outbox(engine).Pending.ShouldBe(0);
    }

    [Fact]
    public void Stopping_lets_the_handler_under_way_finish_and_begins_no_other()
    {
        List<PaymentEventKind> done = [];
        using SimulatedEngine engine = Confirmed(out _);
        engine.Deliver(async (context, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(5), engine.Time, cancellationToken);
            done.Add(context.Kind);
        });
        engine.Scheduler.Advance(TimeSpan.FromSeconds(1));
        engine.Stop();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(30));
        done.ShouldBe([PaymentEventKind.Detected]);
        Outbox(engine).Pending.ShouldBe(1);
    }

    [Fact]
    public void A_handler_that_does_not_finish_in_time_when_stopping_is_cancelled_and_its_event_stays_due()
    {
        using SimulatedEngine engine = Confirmed(out _);
        engine.Deliver((_, cancellationToken) => Task.Delay(TimeSpan.FromHours(1), engine.Time, cancellationToken), new DeliveryOptions { HandlerTimeout = TimeSpan.FromHours(2), Seed = 1 });
        engine.Scheduler.Advance(TimeSpan.FromSeconds(1));
        engine.Stop();
        engine.Scheduler.Advance(TimeSpan.FromSeconds(16));
        Outbox(engine).Pending.ShouldBe(2);
        engine.Ask(store => store.TakeDeliveryAsync(engine.Time.GetUtcNow(), CancellationToken.None))!.Attempt.ShouldBe(1);
    }

    private static OutboxState Outbox(SimulatedEngine engine) => engine.Ask(store => store.ReadOutboxAsync(CancellationToken.None));

    /// <summary>An engine that has committed one payment, detected and confirmed.</summary>
    private static SimulatedEngine Confirmed(out SimulatedTransaction payment)
    {
        SimulatedEngine engine = new(confirmations: "1");
        payment = engine.Chain.Pay(A, 5);
        engine.Watch("a");
        engine.Start();
        engine.Chain.Mine(payment);
        engine.CatchUp();
        return engine;
    }
}
