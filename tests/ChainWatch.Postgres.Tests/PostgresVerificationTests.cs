using ChainWatch.Conformance;
using ChainWatch.TestInfrastructure;
using Npgsql;

namespace ChainWatch.Postgres.Tests;

public sealed class PostgresVerificationTests(PostgresServerFixture postgres) : StoreVerificationConformance, IAsyncLifetime
{
    private readonly List<PostgresTestStore> _stores = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("update $schema$.audit_log set details = 'nothing' where id = 2")]
    [InlineData("delete from $schema$.audit_log where id = 2")]
    [InlineData("truncate $schema$.audit_log")]
    public async Task The_log_refuses_to_be_changed(string sql)
    {
        PostgresTestStore test = await WatchedAsync();

        PostgresException refused = await Should.ThrowAsync<PostgresException>(() => test.ExecuteAsync(sql));

        refused.MessageText.ShouldBe("The audit log is append-only.");
    }

    [Theory]
    [InlineData("update $schema$.audit_log set details = 'nothing' where id = 2", 2)]
    [InlineData("delete from $schema$.audit_log where id = 2", 2)]
    [InlineData("delete from $schema$.audit_log where id = 3", 3)]
    [InlineData("update $schema$.audit_log set at = at + interval '1 microsecond' where id = 1", 1)]
    [InlineData("update $schema$.audit_log set action = 'watched' where id = 2", 2)]
    [InlineData("update $schema$.audit_log set entity = 'another' where id = 3", 3)]
    [InlineData("update $schema$.audit_log set actor = 'nobody' where id = 1", 1)]
    [InlineData("update $schema$.audit_log set actor = null where id = 2", 2)]
    [InlineData("update $schema$.audit_log set details = null where id = 2", 2)]
    [InlineData("update $schema$.audit_log set action = action || entity, entity = '' where id = 2", 2)]
    [InlineData("update $schema$.audit_log set hash = sha256(hash) where id = 2", 2)]
    [InlineData("update $schema$.audit_log set id = 9 where id = 3", 3)]
    [InlineData("insert into $schema$.audit_log select 4, at, action, entity, actor, details, hash from $schema$.audit_log where id = 3", 4)]
    [InlineData("insert into $schema$.audit_log select 0, at, action, entity, actor, details, hash from $schema$.audit_log where id = 1", 1)]
    [InlineData("update $schema$.audit_log set id = id + 10 where id > 1; insert into $schema$.audit_log select 2, at, action, entity, 'forged', details, hash from $schema$.audit_log where id = 12", 2)]
    [InlineData("update $schema$.audit_log set id = -id where id in (2, 3); update $schema$.audit_log set id = 5 + id where id < 0", 2)]
    [InlineData("update $schema$.audit_log a set details = b.details from $schema$.audit_log b where (a.id, b.id) in ((2, 3), (3, 2))", 2)]
    [InlineData("delete from $schema$.audit_log", 1)]
    [InlineData("update $schema$.audit_head set hash = sha256(hash)", 4)]
    public async Task What_an_owner_changes_all_the_same_is_named(string sql, long brokenAt)
    {
        PostgresTestStore test = await WatchedAsync();
        await test.ExecuteAsync("alter table $schema$.audit_log disable trigger append_only");
        await test.ExecuteAsync(sql);

        AuditVerdict verdict = await AuditVerification.VerifyAsync(test.Store.ReadAuditAsync(0, Token), await test.Store.ReadAuditHeadAsync(Token), remembered: null, Token);

        verdict.BrokenAt.ShouldBe(brokenAt);
    }

    [Fact]
    public async Task A_request_for_the_next_key_waits_for_one_that_is_being_written_so_that_nobody_passes_over_it()
    {
        PostgresTestStore test = await WatchedAsync();
        await using NpgsqlConnection other = await test.DataSource.OpenConnectionAsync(Token);
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync(Token);
        await using NpgsqlCommand writing = new($"lock table \"{test.Options.Schema}\".key_rotation in row exclusive mode", other, transaction);
        await writing.ExecuteNonQueryAsync(Token);

        Task asked = test.Store.RequestKeyRotationAsync("ethereum", "first", Token).AsTask();
        await test.IsBlockedAsync("datname = current_database()", other.ProcessID);
        asked.IsCompleted.ShouldBeFalse();
        await transaction.CommitAsync(Token);
        await asked;

        (await test.Store.ReadKeyRotationsAsync(0, Token)).ShouldHaveSingleItem().Endpoint.ShouldBe("first");
    }

    [Fact]
    public async Task A_change_made_by_hand_is_audited_too()
    {
        PostgresTestStore test = await WatchedAsync();
        await test.ExecuteAsync("delete from $schema$.watched_address");

        AuditEntry entry = (await test.Store.ReadAuditAsync(3, Token).ToListAsync(Token)).ShouldHaveSingleItem();

        (entry.Action, entry.Entity, entry.Details).ShouldBe(("unwatch", "changed", "2 removed: addr-1, addr-2"));
    }

    [Fact]
    public async Task Many_writers_at_once_leave_an_intact_log()
    {
        PostgresTestStore test = await WatchedAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (int number = 0; number < 20; number++)
            {
                await test.Store.AuditAsync("note", $"writer {writer}", $"{number}", Token);
            }
        }));

        AuditVerdict verdict = await AuditVerification.VerifyAsync(test.Store.ReadAuditAsync(0, Token), await test.Store.ReadAuditHeadAsync(Token), remembered: null, Token);
        verdict.Problem.ShouldBeNull();
        verdict.Head.Id.ShouldBe(163);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (PostgresTestStore store in _stores)
        {
            await store.DisposeAsync();
        }
    }

    protected override async ValueTask<IWatchStore> CreateStoreAsync() => (await CreateAsync()).Store;

    private async Task<PostgresTestStore> WatchedAsync()
    {
        PostgresTestStore test = await CreateAsync();
        StoreScript script = new(test.Store, ConformanceChain.Named("changed"));
        await script.LeadAsync();
        await script.WatchAsync([1]);
        await script.WatchAsync([2]);
        return test;
    }

    private async Task<PostgresTestStore> CreateAsync()
    {
        PostgresTestStore store = await PostgresTestStore.CreateAsync(postgres.Server);
        _stores.Add(store);
        return store;
    }
}
