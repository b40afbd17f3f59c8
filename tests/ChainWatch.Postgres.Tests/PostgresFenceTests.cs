using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using Npgsql;
using static ChainWatch.Conformance.ConformanceChain;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresFenceTests(PostgresServerFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_instances_with_pools_of_their_own_fence_each_other()
    {
        await using PostgresTestStore one = await PostgresTestStore.CreateAsync(postgres.Server);
        await using PostgresTestStore two = await PostgresTestStore.CreateAsync(postgres.Server, one.Options.Schema);
        StoreScript first = new(one.Store, Named("chain"));
        StoreScript second = new(two.Store, Named("chain"));
        await first.LeadAsync();
        await first.ForwardAsync(Blocks(1, 2));
        for (int round = 0; round < 10; round++)
        {
            (StoreScript leader, StoreScript old) = round % 2 == 0 ? (second, first) : (first, second);
            await leader.LeadAsync();
            long height = leader.Cursor!.Value.Height + 1;
            (await old.TryCommitAsync(old.Draft(Blocks(height, height)))).Outcome.ShouldBe(CommitOutcome.Fenced);
            await leader.ForwardAsync(Blocks(height, height));
        }

        (await first.LoadAsync()).Known.Count.ShouldBe(12);
    }

    [Fact]
    public async Task Raising_the_term_waits_for_the_write_that_is_under_way_and_then_refuses_the_next()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.ForwardAsync(Blocks(1, 1));
        await using NpgsqlConnection writer = await test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await FenceAsync(writer, test, script);

        Task<long> raising = test.Store.RaiseTermAsync("chain", "next", Token).AsTask();
        await test.IsBlockedAsync("datname = current_database()", writer.ProcessID);
        raising.IsCompleted.ShouldBeFalse();
        await write.CommitAsync(Token);

        (await raising).ShouldBe(2);
        (await Should.ThrowAsync<PostgresException>(() => FenceAsync(writer, test, script))).SqlState.ShouldBe(PostgresFailure.Fenced);
    }

    [Fact]
    public async Task A_writer_that_stops_in_the_middle_is_ended_by_the_server()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.ForwardAsync(Blocks(1, 1));
        await using NpgsqlConnection writer = await test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction write = await writer.BeginTransactionAsync(Token);
        await FenceAsync(writer, test, script, timeout: "300ms");

        // Nothing more comes from the writer; the server gives the term free by itself.
        (await test.Store.RaiseTermAsync("chain", "next", Token)).ShouldBe(2);

        await Should.ThrowAsync<NpgsqlException>(() => write.CommitAsync(Token));
    }

    [Fact]
    public async Task A_registration_or_removal_that_stops_in_the_middle_is_ended_by_the_server_before_it_stops_the_chain()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        await test.ExecuteAsync(
            """
            create table $schema$.limits (what text, patience text);
            create function $schema$.note() returns trigger language plpgsql as $note$
            begin
                insert into $schema$.limits values (tg_op, current_setting('idle_in_transaction_session_timeout'));
                return coalesce(new, old);
            end $note$;
            create trigger a_note before insert or update or delete on $schema$.watched_address for each row execute function $schema$.note();
            """);
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.ForwardAsync(Blocks(1, 9));

        await script.WatchAsync([1]);
        await script.WatchAsync([1], since: 2);
        await test.Store.RemoveAddressAsync(script.Chain, Address(1), Token);

        (await test.ScalarAsync<string>("select string_agg(what || ' ' || patience, ', ') from $schema$.limits")).ShouldBe("INSERT 5s, UPDATE 5s, DELETE 5s");
        // It ends with the transaction.
        (await test.ScalarAsync<string>("select current_setting('idle_in_transaction_session_timeout')")).ShouldBe("0");
    }

    [Fact]
    public async Task The_limits_of_a_write_end_with_its_transaction()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.ForwardAsync(Blocks(1, 1));
        await using NpgsqlConnection writer = await test.DataSource.OpenConnectionAsync(Token);
        string before = await ShowAsync(writer);

        await using (NpgsqlTransaction write = await writer.BeginTransactionAsync(Token))
        {
            await FenceAsync(writer, test, script, timeout: "1234ms");
            (await ShowAsync(writer)).ShouldBe("1234ms 1234ms 1234ms");
            await write.CommitAsync(Token);
        }

        (await ShowAsync(writer)).ShouldBe(before);
    }

    [Fact]
    public async Task A_write_that_waits_too_long_for_a_lock_gives_up_and_lets_go_of_the_term()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        PostgresWatchStore impatient = new(test.DataSource, test.Options.Schema, TimeSpan.FromMilliseconds(200), TimeProvider.System);
        StoreScript script = new(impatient, Named("chain"));
        await script.LeadAsync();
        await script.ForwardAsync(Blocks(1, 1));
        await using NpgsqlConnection other = await test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction holding = await other.BeginTransactionAsync(Token);
        await using (NpgsqlCommand hold = new($"select 1 from \"{test.Options.Schema}\".watchlist for update", other))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        (await Should.ThrowAsync<PostgresException>(() => script.ForwardAsync(Blocks(2, 2)))).SqlState.ShouldBe(PostgresErrorCodes.LockNotAvailable);
        (await impatient.RaiseTermAsync("chain", "next", Token)).ShouldBe(2);
    }

    [Fact]
    public async Task A_batch_that_confirms_very_much_at_once_is_written_slice_by_slice_where_one_statement_takes_too_long()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        // A statement that confirms more than a slice ends here as one that took too long would.
        await test.ExecuteAsync(
            $"""
            create function $schema$.slow() returns trigger language plpgsql as $$ begin
                if (select count(*) from changed) > {PaymentStatements.Slice} then raise exception 'too long' using errcode = '57014'; end if;
                return null;
            end $$;
            """);
        await test.ExecuteAsync("create trigger slow after update on $schema$.payment referencing new table as changed for each statement execute function $schema$.slow()");
        StoreScript script = new(test.Store, Named("chain"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        int payments = (PaymentStatements.Slice * 3) + 7;
        await script.ForwardAsync(Blocks(1, 1), [.. Enumerable.Range(1, payments).Select(number => StoreScript.Pay(Block(1), number, confirmation: Confirmation.Finalized))]);

        BatchDraft final = script.Draft(Blocks(2, 2));
        final.Finalized = Point(1);
        CommitResult result = await script.CommitAsync(final);

        result.Events.Count.ShouldBe(payments);
        (await test.ScalarAsync<long>("select count(*) from $schema$.payment where status = 'confirmed'")).ShouldBe(payments);
    }

    private static async Task FenceAsync(NpgsqlConnection connection, PostgresTestStore test, StoreScript script, string timeout = "4s")
    {
        await using NpgsqlCommand fence = new($"select * from \"{test.Options.Schema}\".fence('chain', $1, 'chain', 0, $2, false, null, null, null, false, null)", connection);
        fence.Parameters.With(script.Term).With(timeout);
        await fence.ExecuteNonQueryAsync(Token);
    }

    private static async Task<string> ShowAsync(NpgsqlConnection connection)
    {
        await using NpgsqlCommand show = new(
            "select concat_ws(' ', current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'))", connection);
        return (string)(await show.ExecuteScalarAsync(Token))!;
    }
}
