using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using Npgsql;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresServerRestartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_crashes_in_the_middle_of_commits_and_deliveries_loses_nothing_and_doubles_nothing()
    {
        await using PostgresServer server = await PostgresServer.StartNewAsync(cancellationToken: Token);
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(server);
        await test.ExecuteAsync("create table $schema$.credit (sequence bigint primary key)");
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        const int Crashes = 4;
        bool done = false;
        long acknowledged = 0;

        Task crashing = CrashAsync();
        Task delivering = DeliverAsync();
        while (!crashing.IsCompleted)
        {
            try
            {
                await WriteAsync();
            }
            catch (Exception exception) when (exception is NpgsqlException or IOException)
            {
                await LoadWhenItAnswersAsync();
            }
        }

        await crashing;
        await LoadWhenItAnswersAsync();
        await WriteAsync();
        done = true;
        await delivering;

        // Each block holds the payment of its height, and everything tells the same.
        ScopeState state = await script.LoadAsync();
        state.Known.Select(point => point.Height).ShouldBe(Enumerable.Range(1, state.Known.Count).Select(height => (long)height));
        IReadOnlyList<Payment> payments = await script.PaymentsAsync(int.MaxValue);
        payments.Select(payment => payment.Block).Order(Comparer<ChainPoint>.Create((a, b) => a.Height.CompareTo(b.Height))).ShouldBe(state.Known);
        payments.ShouldAllBe(payment => payment.Status == PaymentStatus.Confirmed);
        (await test.Store.ReadCoverageAsync(script.Chain, 0, long.MaxValue, TestContext.Current.CancellationToken)).ShouldBe([new CoverageRange(1, state.Known.Count, "one", 1)]);
        IReadOnlyList<PaymentEvent> events = await test.ReadEventsAsync(script.Chain);
        events.Count.ShouldBe(state.Known.Count * 2);
        (await test.ScalarAsync<long>("select count(*) from $schema$.credit")).ShouldBe(events.Count);
        (await test.Store.ReadOutboxAsync(Token)).ShouldBe(new OutboxState(0, null, 0));
        acknowledged.ShouldBeLessThanOrEqualTo(events.Count);
        state.Known.Count.ShouldBeGreaterThan(Crashes);

        async Task WriteAsync()
        {
            BlockHeader block = Block((script.Cursor?.Height ?? 0) + 1);
            await script.ForwardAsync([block], Pay(block, (int)block.Point.Height, confirmation: Confirmation.Blocks(1)));
        }

        async Task CrashAsync()
        {
            for (int crash = 0; crash < Crashes; crash++)
            {
                long before = script.Cursor?.Height ?? 0;
                while ((script.Cursor?.Height ?? 0) < before + 20)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System, Token);
                }

                await server.RestartAsync("immediate", Token);
            }
        }

        async Task LoadWhenItAnswersAsync()
        {
            while (true)
            {
                try
                {
                    await script.LoadAsync();
                    return;
                }
                catch (NpgsqlException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
                }
            }
        }

        async Task DeliverAsync()
        {
            while (true)
            {
                // Asked before it is taken: what is written last may come between the two.
                bool last = done;
                try
                {
                    await using Delivery? delivery = await test.Store.TakeDeliveryAsync(DateTimeOffset.MaxValue, Token);
                    if (delivery is null)
                    {
                        if (last)
                        {
                            return;
                        }

                        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Token);
                        continue;
                    }

                    PaymentContext context = new(delivery);
                    await using NpgsqlCommand credit = new($"insert into \"{test.Options.Schema}\".credit values ($1)", context.GetConnection(), context.GetTransaction());
                    credit.Parameters.With(delivery.Event.Sequence);
                    await credit.ExecuteNonQueryAsync(Token);
                    await delivery.AcknowledgeAsync(Token);
                    acknowledged++;
                }
                catch (Exception exception) when (exception is NpgsqlException or IOException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
                }
            }
        }
    }
}
