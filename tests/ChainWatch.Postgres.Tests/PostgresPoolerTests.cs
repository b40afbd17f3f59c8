using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

/// <summary>Behind PgBouncer in transaction mode, where each transaction may meet another session.</summary>
public sealed class PostgresPoolerTests(PostgresServerFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_store_works_through_a_transaction_pooler()
    {
        await using PostgresServerPooler pooler = await StartAsync();
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server, through: pooler.Through);
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        for (int height = 1; height <= 30; height++)
        {
            await script.ForwardAsync(Blocks(height, height), Pay(Block(height), height));
        }

        await script.ForwardAsync(Blocks(31, 600), Pay(Block(31), 31));
        await script.ReorgAsync(Point(590), Blocks(591, 601, 'b', parent: 'a'), Pay(Block(601, 'b'), 32));
        BackScan scan = (await test.Store.ReadBackScanAsync(script.Chain, (await script.WatchAsync([2], since: 600)).BackScanIds[0], Token))!;
        (await test.Store.CommitBackScanAsync(script.Piece(scan, Blocks(600, 601, 'b'), Pay(Block(600, 'b'), 33, to: 2)), Token)).Outcome.ShouldBe(CommitOutcome.Committed);

        IReadOnlyList<PaymentEvent>[] delivered = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => script.DeliverAllAsync()));
        delivered.Sum(events => events.Count).ShouldBe(script.Events.Count + 1);
        (await script.LoadAsync()).Cursor.ShouldBe(Point(601, 'b'));
    }

    [Fact]
    public async Task A_delivery_that_was_given_up_on_is_ended_through_a_pooler_too()
    {
        await using PostgresServerPooler pooler = await StartAsync();
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server, through: pooler.Through);
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        Delivery delivery = (await script.TakeAsync())!;
        PaymentContext context = new(delivery);
        await using Npgsql.NpgsqlCommand command = new("select pg_sleep(600)", context.GetConnection(), context.GetTransaction()) { CommandTimeout = 0 };
        Task hanging = command.ExecuteNonQueryAsync(Token);

        await delivery.RetryAsync(script.Now, "hangs", Token);
        await delivery.DisposeAsync();

        await Should.ThrowAsync<Exception>(() => hanging);
        await using Delivery again = (await script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("ignore_startup_parameters = options", false)]
    [InlineData("", true)]
    public async Task Leadership_through_a_transaction_pooler_is_refused_with_advice(string settings, bool fromDataSource)
    {
        await using PostgresServerPooler pooler = await StartAsync(settings);
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server, through: pooler.Through);
        PostgresLeaderElection election = test.CreateElection("one", dataSource: fromDataSource ? test.DataSource : null);

        ChainWatchConfigurationException refused = await Should.ThrowAsync<ChainWatchConfigurationException>(async () => await election.AcquireAsync("scope", Token));

        refused.Message.ShouldContain("pooler");
        refused.Message.ShouldContain("directly");
    }

    private async Task<PostgresServerPooler> StartAsync(string settings = "")
    {
        Assert.SkipWhen(PostgresServerPooler.Program is null, "PgBouncer is not installed (Debian package pgbouncer).");
        return await PostgresServerPooler.StartAsync(postgres.Server, settings, Token);
    }
}
