using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using Npgsql;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Postgres.Tests;

/// <summary>What a handler writes through the delivery's connection is stored if, and only if, the event counts as delivered.</summary>
public sealed class PostgresDeliveryTests(PostgresServerFixture postgres) : IAsyncLifetime
{
    private const string Leftovers =
        """
        select concat_ws(',', current_setting('application_name') = 'handler', current_setting('role'), to_regclass('pg_temp.leftover') is not null,
            exists (select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'), exists (select from pg_listening_channels()))
        """;

    private PostgresTestStore _test = null!;
    private StoreScript _script = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await PostgresTestStore.CreateAsync(postgres.Server);
        await _test.ExecuteAsync("create table $schema$.credit (id bigint primary key, note text)");
        _script = new StoreScript(_test.Store, Named("chain"));
        await _script.LeadAsync();
        await _script.WatchAsync([1]);
        await _script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task What_the_handler_wrote_is_stored_with_the_acknowledgement()
    {
        await using Delivery delivery = (await _script.TakeAsync())!;
        await WriteAsync(delivery);
        (await CreditsAsync()).ShouldBe(0);

        await delivery.AcknowledgeAsync(Token);

        (await CreditsAsync()).ShouldBe(1);
        (await _test.Store.ReadOutboxAsync(Token)).Pending.ShouldBe(0);
    }

    [Fact]
    public async Task An_event_whose_holder_is_frozen_is_delivered_by_another_one()
    {
        PostgresWatchStore frozen = new(_test.DataSource, new PostgresSchema(_test.Options.Schema), TimeSpan.FromSeconds(4), TimeProvider.System, longestDelivery: TimeSpan.FromMilliseconds(300));
        // Neither answered nor ended: its process stands still.
        Delivery held = (await frozen.TakeDeliveryAsync(DateTimeOffset.MaxValue, Token))!;
        Delivery? next = null;
        await Eventually.BecomesTrueAsync(async _ => (next = await _script.TakeAsync()) is not null, TimeSpan.FromSeconds(30), () => "the event stays with whoever took it", Token);

        await using Delivery taken = next!;
        taken.Event.Sequence.ShouldBe(held.Event.Sequence);
        taken.Attempt.ShouldBe(1);
        await WriteAsync(taken);
        await taken.AcknowledgeAsync(Token);
        await Should.ThrowAsync<Exception>(async () => await held.AcknowledgeAsync(Token));
        (await CreditsAsync()).ShouldBe(1);
        await held.DisposeAsync();
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("park")]
    [InlineData("dispose")]
    public async Task What_the_handler_wrote_is_undone_when_the_event_is_not_delivered(string answer)
    {
        await using (Delivery delivery = (await _script.TakeAsync())!)
        {
            await WriteAsync(delivery);
            await AnswerAsync(delivery, answer);
        }

        (await CreditsAsync()).ShouldBe(0);
        OutboxState state = await _test.Store.ReadOutboxAsync(Token);
        (state.Pending + state.Parked).ShouldBe(1);
    }

    [Fact]
    public async Task A_statement_that_fails_does_not_keep_the_event_from_being_retried_while_it_is_held()
    {
        await using Delivery delivery = (await _script.TakeAsync())!;
        await WriteAsync(delivery);
        await Should.ThrowAsync<PostgresException>(() => ExecuteAsync(delivery, "select 1 / 0"));
        (await _script.TakeAsync()).ShouldBeNull();

        await delivery.RetryAsync(_script.Now, "division by zero", Token);

        (await CreditsAsync()).ShouldBe(0);
        await using Delivery again = (await _script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task A_handler_that_hides_its_failed_statement_is_not_acknowledged()
    {
        await using Delivery delivery = (await _script.TakeAsync())!;
        await WriteAsync(delivery);
        await Should.ThrowAsync<PostgresException>(() => ExecuteAsync(delivery, "select 1 / 0"));

        await Should.ThrowAsync<PostgresException>(async () => await delivery.AcknowledgeAsync(Token));

        await delivery.RetryAsync(_script.Now, "hidden", Token);
        (await CreditsAsync()).ShouldBe(0);
        await using Delivery again = (await _script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task A_constraint_that_is_checked_at_the_end_makes_a_failed_attempt()
    {
        await _test.ExecuteAsync("create table $schema$.line (credit bigint references $schema$.credit (id) deferrable initially deferred)");
        await using Delivery delivery = (await _script.TakeAsync())!;
        await ExecuteAsync(delivery, $"insert into \"{_test.Options.Schema}\".line values (7)");

        await Should.ThrowAsync<PostgresException>(async () => await delivery.AcknowledgeAsync(Token));

        await delivery.RetryAsync(_script.Now, "constraint", Token);
        await using Delivery again = (await _script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Theory]
    [InlineData("commit")]
    [InlineData("rollback")]
    [InlineData("commit; begin")]
    public async Task A_handler_that_ends_the_transaction_itself_is_told_so_and_not_acknowledged(string how)
    {
        await using Delivery delivery = (await _script.TakeAsync())!;
        await ExecuteAsync(delivery, how);

        ChainWatchException told = await Should.ThrowAsync<ChainWatchException>(async () => await delivery.AcknowledgeAsync(Token));

        told.Message.ShouldContain("transaction");
        await delivery.RetryAsync(_script.Now, "ended", Token);
        await using Delivery again = (await _script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("park")]
    [InlineData("dispose")]
    public async Task A_handler_that_was_given_up_on_can_write_nothing_afterwards(string answer)
    {
        Delivery delivery = (await _script.TakeAsync())!;
        await WriteAsync(delivery);
        PaymentContext context = new(delivery);
        NpgsqlConnection connection = context.GetConnection();
        await AnswerAsync(delivery, answer);

        // The delivery is answered, and the handler does not know it.
        await Should.ThrowAsync<Exception>(async () =>
        {
            await using NpgsqlCommand late = new($"insert into \"{_test.Options.Schema}\".credit values (99, 'late')", connection);
            await late.ExecuteNonQueryAsync(Token);
        });
        await delivery.DisposeAsync();

        (await CreditsAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("park")]
    [InlineData("dispose")]
    public async Task A_handler_that_hangs_in_a_statement_is_ended_with_its_session(string answer)
    {
        Delivery delivery = (await _script.TakeAsync())!;
        await WriteAsync(delivery);
        Task hanging = ExecuteAsync(delivery, $"with slow as (select pg_sleep(600)) insert into \"{_test.Options.Schema}\".credit select 99, 'slow' from slow");

        await AnswerAsync(delivery, answer);
        await delivery.DisposeAsync();

        await Should.ThrowAsync<Exception>(() => hanging);
        (await CreditsAsync()).ShouldBe(0);
        (await _test.ScalarAsync<long>("select count(*) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid() and state = 'active'")).ShouldBe(0);
        OutboxState state = await _test.Store.ReadOutboxAsync(Token);
        (state.Pending + state.Parked).ShouldBe(1);
    }

    [Fact]
    public async Task A_handler_whose_session_was_ended_by_somebody_is_retried()
    {
        await using (Delivery delivery = (await _script.TakeAsync())!)
        {
            int process = new PaymentContext(delivery).GetConnection().ProcessID;
            await _test.ExecuteAsync($"select pg_terminate_backend({process})");
            await Should.ThrowAsync<NpgsqlException>(() => WriteAsync(delivery));
            await delivery.RetryAsync(_script.Now, "ended", Token);
        }

        await using Delivery again = (await _script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task The_connection_and_the_transaction_are_the_deliverys_own()
    {
        await using Delivery delivery = (await _script.TakeAsync())!;
        PaymentContext context = new(delivery);

        context.GetTransaction().Connection.ShouldBeSameAs(context.GetConnection());
        (await _test.ScalarAsync<long>("select count(*) from pg_locks where pid = " + context.GetConnection().ProcessID)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_delivery_of_another_store_has_no_connection_and_says_what_to_do()
    {
        InMemoryWatchStore store = new();
        StoreScript script = new(store, Named("chain"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        await using Delivery delivery = (await script.TakeAsync())!;

        Should.Throw<InvalidOperationException>(() => new PaymentContext(delivery).GetConnection()).Message.ShouldContain("UsePostgres");
        Should.Throw<InvalidOperationException>(() => new PaymentContext(delivery).GetTransaction()).Message.ShouldContain("UsePostgres");
    }

    [Fact]
    public async Task An_event_that_is_due_before_the_last_one_taken_is_not_forgotten_while_others_keep_coming()
    {
        await using (Delivery old = (await _script.TakeAsync())!)
        {
            await _script.ForwardAsync(Blocks(2, 2), [.. Enumerable.Range(2, 100).Select(number => Pay(Block(2), number))]);
            await using Delivery newer = (await _script.TakeAsync())!;
            newer.Event.Payment.Block.ShouldBe(Point(2));
        }

        List<int> heights = [];
        for (int taken = 0; taken < 70; taken++)
        {
            await using Delivery delivery = (await _script.TakeAsync())!;
            heights.Add((int)delivery.Event.Payment.Block.Height);
            await delivery.AcknowledgeAsync(Token);
        }

        heights.Count(height => height == 1).ShouldBe(1);
    }

    [Fact]
    public async Task No_session_is_left_behind_by_deliveries_of_any_outcome()
    {
        await _script.ForwardAsync(Blocks(2, 2), [.. Enumerable.Range(2, 30).Select(number => Pay(Block(2), number))]);
        string[] answers = ["retry", "park", "dispose", "acknowledge"];
        for (int round = 0; round < 28; round++)
        {
            await using Delivery delivery = (await _script.TakeAsync())!;
            await AnswerAsync(delivery, answers[round % answers.Length]);
        }

        (await _test.ScalarAsync<long>("select count(*) from pg_stat_activity where state like 'idle in transaction%' and pid in (select pid from pg_locks where relation = '$schema$.outbox'::regclass)"))
            .ShouldBe(0);
    }

    [Theory]
    [InlineData("acknowledge")]
    [InlineData("retry")]
    [InlineData("dispose")]
    public async Task What_a_handler_leaves_in_its_session_is_gone_when_the_next_one_gets_it(string answer)
    {
        // As ChainWatch's own data source is: the driver does not reset connections.
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server, _test.Options.Schema, static connectionString => connectionString + ";No Reset On Close=true");
        int session;
        await using (Delivery delivery = (await test.Store.TakeDeliveryAsync(_script.Now, Token))!)
        {
            session = new PaymentContext(delivery).GetConnection().ProcessID;
            await ExecuteAsync(delivery, "set application_name = 'handler'; create temp table leftover (id int); select pg_advisory_lock(4711); listen leftover; set role postgres");
            await AnswerAsync(delivery, answer);
        }

        await using NpgsqlConnection connection = await test.DataSource.OpenConnectionAsync(Token);
        connection.ProcessID.ShouldBe(session);
        await using NpgsqlCommand look = new(Leftovers, connection);
        (await look.ExecuteScalarAsync(Token)).ShouldBe("f,none,f,f,f");
    }

    [Fact]
    public async Task What_is_passed_on_is_stored_with_its_own_acknowledgement_whatever_becomes_of_the_next()
    {
        await _script.ForwardAsync(Blocks(2, 2), Pay(Block(2), 2));
        await using Delivery first = (await _script.TakeAsync())!;
        await WriteAsync(first);
        await using (Delivery second = (await first.AcknowledgeAndTakeAsync(_script.Now, Token))!)
        {
            (await CreditsAsync()).ShouldBe(1);
            await WriteAsync(second);
        }

        (await CreditsAsync()).ShouldBe(1);
        await using Delivery again = (await _script.TakeAsync())!;
        again.Event.Payment.Block.ShouldBe(Point(2));
        await WriteAsync(again);
        (await again.AcknowledgeAndTakeAsync(_script.Now, Token)).ShouldBeNull();
        (await CreditsAsync()).ShouldBe(2);
    }

    [Theory]
    [InlineData("select 1 / 0")]
    [InlineData("commit")]
    [InlineData("rollback")]
    [InlineData("commit; begin")]
    public async Task What_cannot_be_acknowledged_is_not_passed_on(string how)
    {
        await using Delivery delivery = (await _script.TakeAsync())!;
        await ExecuteIgnoringAsync(delivery, how);

        await Should.ThrowAsync<Exception>(async () => await delivery.AcknowledgeAndTakeAsync(_script.Now, Token));

        await delivery.RetryAsync(_script.Now, "failed", Token);
        await using Delivery again = (await _script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task A_constraint_that_is_checked_at_the_end_keeps_an_event_from_being_passed_on()
    {
        await _test.ExecuteAsync("create table $schema$.line (credit bigint references $schema$.credit (id) deferrable initially deferred)");
        await using Delivery delivery = (await _script.TakeAsync())!;
        await ExecuteAsync(delivery, $"insert into \"{_test.Options.Schema}\".line values (7)");

        await Should.ThrowAsync<PostgresException>(async () => await delivery.AcknowledgeAndTakeAsync(_script.Now, Token));

        await delivery.RetryAsync(_script.Now, "constraint", Token);
        await using Delivery again = (await _script.TakeAsync())!;
        again.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task Where_only_the_taking_fails_the_event_stays_acknowledged()
    {
        await using Delivery delivery = (await _script.TakeAsync())!;
        await WriteAsync(delivery);
        await _test.ExecuteAsync("alter function $schema$.next_delivery rename to gone");

        (await delivery.AcknowledgeAndTakeAsync(_script.Now, Token)).ShouldBeNull();

        (await CreditsAsync()).ShouldBe(1);
        (await _test.Store.ReadOutboxAsync(Token)).Pending.ShouldBe(0);
    }

    [Fact]
    public async Task What_a_handler_leaves_in_its_session_is_gone_for_the_event_that_it_is_passed_on_to()
    {
        await _script.ForwardAsync(Blocks(2, 2), Pay(Block(2), 2));
        await using Delivery first = (await _script.TakeAsync())!;
        int session = new PaymentContext(first).GetConnection().ProcessID;
        await ExecuteAsync(first, "set application_name = 'handler'; create temp table leftover (id int); select pg_advisory_lock(4711); set role postgres");

        await using Delivery second = (await first.AcknowledgeAndTakeAsync(_script.Now, Token))!;

        PaymentContext context = new(second);
        context.GetConnection().ProcessID.ShouldBe(session);
        await using NpgsqlCommand look = new(Leftovers, context.GetConnection(), context.GetTransaction());
        (await look.ExecuteScalarAsync(Token)).ShouldBe("f,none,f,f,f");
    }

    [Theory]
    [InlineData(true, "on")]
    [InlineData(false, "off")]
    public async Task A_delivery_waits_for_the_disk_unless_it_is_told_not_to_and_leaves_the_session_as_it_was(bool flush, string expected)
    {
        await _script.ForwardAsync(Blocks(2, 2), Pay(Block(2), 2));
        PostgresWatchStore store = new(_test.DataSource, new PostgresSchema(_test.Options.Schema), TimeSpan.FromSeconds(4), TimeProvider.System, flush);
        await using Delivery first = (await store.TakeDeliveryAsync(_script.Now, Token))!;
        int session = new PaymentContext(first).GetConnection().ProcessID;
        (await SynchronousCommitAsync(first)).ShouldBe(expected);
        await using (Delivery second = (await first.AcknowledgeAndTakeAsync(_script.Now, Token))!)
        {
            (await SynchronousCommitAsync(second)).ShouldBe(expected);
            await second.AcknowledgeAsync(Token);
        }

        await using NpgsqlConnection connection = await _test.DataSource.OpenConnectionAsync(Token);
        connection.ProcessID.ShouldBe(session);
        await using NpgsqlCommand look = new("show synchronous_commit", connection);
        (await look.ExecuteScalarAsync(Token)).ShouldBe("on");
    }

    private static async Task<string> SynchronousCommitAsync(Delivery delivery)
    {
        PaymentContext context = new(delivery);
        await using NpgsqlCommand look = new("show synchronous_commit", context.GetConnection(), context.GetTransaction());
        return (string)(await look.ExecuteScalarAsync(Token))!;
    }

    private static async Task ExecuteIgnoringAsync(Delivery delivery, string sql)
    {
        try
        {
            await ExecuteAsync(delivery, sql);
        }
        catch (PostgresException)
        {
            // As a handler does that hides what failed.
        }
    }

    private async Task AnswerAsync(Delivery delivery, string answer)
    {
        switch (answer)
        {
            case "retry":
                await delivery.RetryAsync(_script.Now, answer, Token);
                break;
            case "park":
                await delivery.ParkAsync(_script.Now, answer, Token);
                break;
            case "acknowledge":
                await delivery.AcknowledgeAsync(Token);
                break;
            default:
                await delivery.DisposeAsync();
                break;
        }
    }

    private Task WriteAsync(Delivery delivery) => ExecuteAsync(delivery, $"insert into \"{_test.Options.Schema}\".credit values ({delivery.Event.Sequence}, 'handler')");

    private static async Task ExecuteAsync(Delivery delivery, string sql)
    {
        PaymentContext context = new(delivery);
        await using NpgsqlCommand command = new(sql, context.GetConnection(), context.GetTransaction()) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(Token);
    }

    private Task<long> CreditsAsync() => _test.ScalarAsync<long>("select count(*) from $schema$.credit");
}
