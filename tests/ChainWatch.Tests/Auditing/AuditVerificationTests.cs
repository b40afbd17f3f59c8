namespace ChainWatch.Tests;

public sealed class AuditVerificationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("action", 3)]
    [InlineData("entity", 3)]
    [InlineData("actor", 3)]
    [InlineData("details", 3)]
    [InlineData("time", 3)]
    [InlineData("hash", 3)]
    [InlineData("removed", 3)]
    [InlineData("swapped", 3)]
    [InlineData("inserted", 4)]
    [InlineData("rehashed", 4)]
    [InlineData("cut off", 5)]
    public async Task Whatever_was_changed_is_named(string change, long brokenAt)
    {
        List<AuditEntry> entries = await WriteAsync(5);
        AuditHead head = new(5, entries[^1].Hash);
        switch (change)
        {
            case "action": entries[2] = entries[2] with { Action = "other" }; break;
            case "entity": entries[2] = entries[2] with { Entity = "other" }; break;
            case "actor": entries[2] = entries[2] with { Actor = "other" }; break;
            case "details": entries[2] = entries[2] with { Details = null }; break;
            case "time": entries[2] = entries[2] with { At = entries[2].At.AddMicroseconds(1) }; break;
            case "hash": entries[2] = entries[2] with { Hash = entries[1].Hash }; break;
            case "removed": entries.RemoveAt(2); break;
            case "swapped": (entries[2], entries[3]) = (entries[3], entries[2]); break;
            case "inserted": entries.Insert(3, entries[2]); break;
            case "rehashed":
                entries[2] = entries[2] with { Details = "other" };
                entries[2] = entries[2] with { Hash = entries[2].ComputeHash(entries[1].Hash) };
                break;
            default: entries.RemoveAt(4); break;
        }

        AuditVerdict verdict = await AuditVerification.VerifyAsync(entries.ToAsyncEnumerable(), head, remembered: null, Token);

        verdict.IsIntact.ShouldBeFalse();
        verdict.BrokenAt.ShouldBe(brokenAt);
    }

    [Fact]
    public async Task A_log_written_anew_contradicts_what_was_remembered()
    {
        AuditHead remembered = new(3, (await WriteAsync(5))[2].Hash);
        List<AuditEntry> anew = await WriteAsync(6, "otherwise");

        AuditVerdict verdict = await AuditVerification.VerifyAsync(anew.ToAsyncEnumerable(), new AuditHead(6, anew[^1].Hash), remembered, Token);

        verdict.BrokenAt.ShouldBe(3);
        verdict.Problem.ShouldNotBeNull().ShouldContain("written anew");
    }

    [Fact]
    public async Task A_log_and_its_head_cut_off_together_contradict_what_was_remembered()
    {
        List<AuditEntry> entries = await WriteAsync(5);
        AuditHead remembered = new(5, entries[^1].Hash);
        entries.RemoveAt(4);

        AuditVerdict verdict = await AuditVerification.VerifyAsync(entries.ToAsyncEnumerable(), new AuditHead(4, entries[^1].Hash), remembered, Token);

        verdict.BrokenAt.ShouldBe(5);
    }

    [Fact]
    public async Task An_entry_appended_while_the_log_is_read_is_no_problem()
    {
        List<AuditEntry> entries = await WriteAsync(5);

        AuditVerdict verdict = await AuditVerification.VerifyAsync(entries.ToAsyncEnumerable(), new AuditHead(4, entries[3].Hash), new AuditHead(2, entries[1].Hash), Token);

        verdict.IsIntact.ShouldBeTrue();
        verdict.Head.Id.ShouldBe(5);
    }

    [Fact]
    public async Task An_actor_holds_for_what_is_done_within()
    {
        using (AuditActor.Is("outer"))
        {
            using (AuditActor.Is("inner"))
            {
                await Task.Yield();
                AuditActor.Current.ShouldBe("inner");
            }

            AuditActor.Current.ShouldBe("outer");
        }

        AuditActor.Current.ShouldBeNull();
    }

    private static async Task<List<AuditEntry>> WriteAsync(int count, string details = "details")
    {
        InMemoryWatchStore store = new();
        for (int number = 0; number < count; number++)
        {
            await store.AuditAsync("action", "entity", $"{details} {number}", Token);
        }

        return await store.ReadAuditAsync(0, Token).ToListAsync(Token);
    }
}
