using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using Npgsql;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

/// <summary>Whatever is lost on the way, before the server has acted or after: the caller is told what is stored, and it is stored once.</summary>
public sealed class PostgresLostConnectionTests(PostgresServerFixture postgres) : IAsyncLifetime
{
    private const int MostExchanges = 20;

    private static readonly PaymentReference s_order = PaymentReference.For("order", "1042");

    private PostgresServerProxy _proxy = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _proxy = PostgresServerProxy.Start(postgres.Server);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task A_commit_at_the_tip_is_one_round_trip()
    {
        await using PostgresTestStore test = await CreateAsync();
        StoreScript script = await StartAsync(test);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1, confirmation: Confirmation.Blocks(2)));

        _proxy.CutAt(0, request: false);
        CommitResult result = await script.ForwardAsync(Blocks(2, 2), Pay(Block(2), 2), Pay(Block(2), 3, confirmation: Confirmation.Blocks(1)));

        _proxy.Exchanges.ShouldBe(1);
        result.Events.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_batch_at_the_tip_survives_the_loss_of_any_exchange(bool request) => SweepAsync(
        request,
        static async script =>
        {
            await script.WatchAsync([1], s_order);
            await script.ForwardAsync(Blocks(1, 3), Pay(Block(1), 1), Pay(Block(3), 2));
        },
        static script => script.ForwardAsync(Blocks(4, 5), Pay(Block(4), 3), Pay(Block(5), 4)),
        static async (script, _) =>
        {
            (await script.LoadAsync()).Cursor.ShouldBe(Point(5));
            (await script.PaymentsAsync()).Count.ShouldBe(4);
        },
        events: 6);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_large_batch_survives_the_loss_of_any_exchange(bool request) => SweepAsync(
        request,
        static async script =>
        {
            await script.WatchAsync([1], s_order);
            await script.ForwardAsync(Blocks(1, 3));
        },
        static script => script.ForwardAsync(Blocks(4, 1000), Pay(Block(4), 3), Pay(Block(1000), 4)),
        static async (script, _) =>
        {
            (await script.LoadAsync()).Known.Count.ShouldBe(1000);
            (await script.PaymentsAsync()).Count.ShouldBe(2);
        },
        events: 3);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_rollback_survives_the_loss_of_any_exchange(bool request) => SweepAsync(
        request,
        static async script =>
        {
            await script.WatchAsync([1], s_order);
            await script.ForwardAsync(Blocks(1, 3), Pay(Block(2), 1), Pay(Block(3), 2));
        },
        static script => script.ReorgAsync(Point(1), Blocks(2, 3, 'b', parent: 'a'), Pay(Block(3, 'b'), 1)),
        static async (script, _) =>
        {
            (await script.LoadAsync()).Cursor.ShouldBe(Point(3, 'b'));
            (await script.PaymentAsync(1)).Block.ShouldBe(Point(3, 'b'));
            (await script.PaymentAsync(2)).Status.ShouldBe(PaymentStatus.Retracted);
        },
        events: 4);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_back_scan_survives_the_loss_of_any_exchange(bool request) => SweepAsync(
        request,
        static async script =>
        {
            await script.ForwardAsync(Blocks(1, 10));
            await script.WatchAsync([1], s_order, since: 2);
        },
        static async script =>
        {
            BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).Single();
            return await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(2, 10), Pay(Block(3), 1)), Token);
        },
        static async (script, result) =>
        {
            result.Outcome.ShouldBe(CommitOutcome.Committed);
            (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
            (await script.PaymentAsync(1)).Status.ShouldBe(PaymentStatus.Confirmed);
        },
        events: 2,
        // What is read beforehand is not repeated by the store.
        skip: 1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_registration_survives_the_loss_of_any_exchange_and_tells_what_it_added(bool request) => SweepAsync(
        request,
        static script => script.ForwardAsync(Blocks(1, 10)),
        static async script => await script.Store.AddAddressesAsync(
            script.Chain, [script.Registration(1, s_order, since: 3), script.Registration(2, s_order)], script.Now, Token),
        static async (script, result) =>
        {
            result.Added.ShouldBe(2);
            BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
            result.BackScanIds.ShouldBe([scan.Id]);
            (await script.Store.CountAddressesAsync(script.Chain, Token)).ShouldBe(2);
            (await script.ReadWatchlistAsync()).Count.ShouldBe(2);
        },
        events: 0);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_removal_survives_the_loss_of_any_exchange_and_tells_that_it_removed(bool request) => SweepAsync(
        request,
        static script => script.WatchAsync([1, 2]),
        static async script => await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token),
        static async (script, removed) =>
        {
            removed.ShouldBeTrue();
            (await script.Store.CountAddressesAsync(script.Chain, Token)).ShouldBe(1);
        },
        events: 0);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_delivery_whose_acknowledgement_is_lost_has_happened_once_whatever_the_server_got(bool request)
    {
        await using PostgresTestStore direct = await PostgresTestStore.CreateAsync(postgres.Server);
        await direct.ExecuteAsync("create table $schema$.credit (sequence bigint primary key)");
        bool done = false;
        for (int exchange = 1; !done; exchange++)
        {
            exchange.ShouldBeLessThan(MostExchanges);
            await using PostgresTestStore test = await CreateAsync(direct.Options.Schema);
            StoreScript script = new(test.Store, Named($"chain-{exchange}"));
            await script.LeadAsync();
            await script.WatchAsync([1]);
            await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
            long sequence = script.Events[0].Sequence;
            Delivery delivery = (await script.TakeAsync()).ShouldNotBeNull();
            await using (delivery)
            {
                _proxy.CutAt(exchange, request);
                try
                {
                    await CreditAsync(delivery, test.Options.Schema);
                    await delivery.AcknowledgeAsync(Token);
                    done = !_proxy.HasCut;
                }
                catch (Exception exception) when (exception is NpgsqlException or IOException)
                {
                    await delivery.RetryAsync(script.Now, "lost", Token);
                }
            }

            _proxy.CutAt(0, request);
            long credited = await direct.ScalarAsync<long>($"select count(*) from $schema$.credit where sequence = {sequence}");
            long pending = (await direct.Store.ReadOutboxAsync(Token)).Pending;
            (credited + pending).ShouldBe(1);
            await using (Delivery? again = await new StoreScript(direct.Store, script.Chain) { Now = script.Now }.TakeAsync())
            {
                (again is null).ShouldBe(credited == 1);
                if (again is not null)
                {
                    again.Attempt.ShouldBe(2);
                    await CreditAsync(again, test.Options.Schema);
                    await again.AcknowledgeAsync(Token);
                }
            }
        }
    }

    private static async Task CreditAsync(Delivery delivery, string schema)
    {
        PaymentContext context = new(delivery);
        await using NpgsqlCommand command = new($"insert into \"{schema}\".credit values ($1)", context.GetConnection(), context.GetTransaction());
        command.Parameters.With(context.Event.Sequence);
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>Runs an action again and again, each time in a fresh schema and with one more exchange going well before the connection breaks, until it needs no more.</summary>
    private async Task SweepAsync<T>(
        bool request, Func<StoreScript, Task> prepare, Func<StoreScript, Task<T>> act, Func<StoreScript, T, Task> check, int events, int skip = 0)
    {
        bool cut = true;
        for (int exchange = 1 + skip; cut; exchange++)
        {
            exchange.ShouldBeLessThan(MostExchanges);
            await using PostgresTestStore test = await CreateAsync();
            StoreScript script = await StartAsync(test, watch: false);
            await prepare(script);

            _proxy.CutAt(exchange, request);
            T result = await act(script);
            cut = _proxy.HasCut;
            _proxy.CutAt(0, request);

            await check(script, result);
            (await test.ReadEventsAsync(script.Chain)).Count.ShouldBe(events);
            (await script.Store.ReadOutboxAsync(Token)).Pending.ShouldBe(events);
        }
    }

    private async Task<PostgresTestStore> CreateAsync(string? schema = null) => await PostgresTestStore.CreateAsync(postgres.Server, schema, _proxy.Through);

    private static async Task<StoreScript> StartAsync(PostgresTestStore test, bool watch = true)
    {
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        if (watch)
        {
            await script.WatchAsync([1]);
        }

        return script;
    }
}
