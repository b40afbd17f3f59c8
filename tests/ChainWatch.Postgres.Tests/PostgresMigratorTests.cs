using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresMigratorTests(PostgresServerFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_tables_that_others_read_have_the_columns_that_stay()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        Dictionary<string, string> promised = new()
        {
            ["watched_address"] = "chain, address, reference_type, reference_id, from_height, added_at",
            ["payment"] = "chain, tx_id, ordinal, address, asset, amount, tag, status, block_height, block_hash, detected_at, confirmed_at, reference_type, reference_id",
            ["payment_event"] = "sequence, chain, tx_id, ordinal, kind, block_height, block_hash, occurred_at",
            ["cursor"] = "chain, partition, height, hash, term, updated_at",
            ["block"] = "chain, height, hash, parent_hash, canonical",
            ["coverage"] = "chain, partition, from_height, to_height, endpoint, pass",
            ["leadership"] = "scope, term, holder, acquired_at",
            ["audit_log"] = "id",
        };
        foreach ((string table, string columns) in promised)
        {
            await test.ExecuteAsync($"select {columns} from $schema$.{table}");
        }

        (await test.ScalarAsync<string>(
            "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = '$schema$.payment'::regclass and attname = 'amount'")).ShouldBe("numeric(78,0)");
    }

    [Fact]
    public async Task Many_instances_that_start_at_once_on_an_empty_database_set_it_up_once()
    {
        string schema = postgres.Server.NewSchema();

        PostgresTestStore[] stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostgresTestStore.CreateAsync(postgres.Server, schema)));

        long scripts = typeof(PostgresWatchStore).Assembly.GetManifestResourceNames().LongCount(static name => char.IsAsciiDigit(name[0]));
        (await stores[0].ScalarAsync<long>("select count(*) from $schema$.schema_version")).ShouldBe(scripts);
        foreach (PostgresTestStore store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("create table $schema$.customer (id int)", "holds tables that are not ChainWatch's")]
    [InlineData("create view $schema$.customer as select 1 as one", "holds tables that are not ChainWatch's")]
    [InlineData("create table $schema$.schema_version (id int)", "not ChainWatch's")]
    [InlineData("create table $schema$.schema_version (version text, checksum text); insert into $schema$.schema_version values ('v1', 'x')", "not ChainWatch's")]
    [InlineData("create table $schema$.schema_version (version int, name text, checksum text)", "is empty")]
    public async Task A_schema_of_somebody_else_is_refused_and_left_alone(string theirs, string message)
    {
        string schema = postgres.Server.NewSchema();
        await postgres.Server.ExecuteAsync($"create schema {schema}; {theirs.Replace("$schema$", schema, StringComparison.Ordinal)}", Token);

        ForeignSchemaException refused = await Should.ThrowAsync<ForeignSchemaException>(() => PostgresTestStore.CreateAsync(postgres.Server, schema));

        refused.Message.ShouldContain(message);
        refused.Message.ShouldContain("ChainWatch:Postgres:Schema");
    }

    [Fact]
    public async Task A_schema_of_a_newer_version_is_refused()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        await test.ExecuteAsync("insert into $schema$.schema_version (version, name, checksum) values (4711, '4711_future', 'x')");

        ForeignSchemaException refused = await Should.ThrowAsync<ForeignSchemaException>(async () => await test.Store.InitializeAsync(Token));

        refused.Message.ShouldContain("4711");
    }

    [Fact]
    public async Task A_schema_made_by_another_script_is_refused()
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server);
        await test.ExecuteAsync("update $schema$.schema_version set checksum = 'x'");

        (await Should.ThrowAsync<ForeignSchemaException>(async () => await test.Store.InitializeAsync(Token))).Message.ShouldContain("another script");
    }

    [Fact]
    public async Task A_user_who_may_not_create_the_schema_is_told_what_to_grant()
    {
        string schema = postgres.Server.NewSchema();
        await postgres.Server.ExecuteAsync($"create role visitor_{schema} login", Token);
        await using NpgsqlDataSource dataSource = NpgsqlDataSource.Create($"{postgres.Server.ConnectionString};Username=visitor_{schema};Pooling=false");
        PostgresWatchStore store = new(dataSource, schema, TimeSpan.FromSeconds(4), TimeProvider.System);

        ChainWatchConfigurationException refused = await Should.ThrowAsync<ChainWatchConfigurationException>(async () => await store.InitializeAsync(Token));

        refused.Message.ShouldContain("ChainWatch:Postgres");
        refused.Message.ShouldContain("CREATE");
    }

    [Fact]
    public async Task A_user_who_owns_the_schema_but_may_create_nothing_else_is_enough()
    {
        string schema = postgres.Server.NewSchema();
        await postgres.Server.ExecuteAsync($"create role owner_{schema} login; create schema {schema} authorization owner_{schema}", Token);
        await using NpgsqlDataSource dataSource = NpgsqlDataSource.Create($"{postgres.Server.ConnectionString};Username=owner_{schema};Pooling=false");
        PostgresWatchStore store = new(dataSource, schema, TimeSpan.FromSeconds(4), TimeProvider.System);

        await store.InitializeAsync(Token);

        (await store.RaiseTermAsync("chain", "one", Token)).ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Chain")]
    [InlineData("1chain")]
    [InlineData("pg_chain")]
    [InlineData("chain\"; drop schema public; --")]
    [InlineData("chain\n")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123x")]
    public void A_schema_name_that_cannot_be_used_is_refused(string name) =>
        Should.Throw<ChainWatchConfigurationException>(() => new PostgresSchema(name)).Message.ShouldContain("ChainWatch:Postgres:Schema");

    [Theory]
    [InlineData("user")]
    [InlineData("select")]
    [InlineData("_x9")]
    public async Task A_schema_name_may_be_a_word_of_sql(string name)
    {
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(postgres.Server, name);

        (await test.Store.RaiseTermAsync("chain", "one", Token)).ShouldBe(1);
    }
}
