using ChainWatch.TestInfrastructure;

namespace ChainWatch.Postgres.Tests;

/// <summary>A replica that takes the place of its primary, possibly without the last commits.</summary>
public sealed class PostgresFailoverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_term_on_a_promoted_replica_says_so_and_one_after_a_mere_restart_does_not()
    {
        await using PostgresServer primary = await PostgresServer.StartNewAsync(cancellationToken: Token);
        Assert.SkipUnless(primary.CanHaveStandbys, "This PostgreSQL comes without pg_basebackup, which makes a standby.");
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(primary, schema: "chainwatch");
        await using Leadership first = await test.CreateElection("one").AcquireAsync("scope", Token);
        first.StoreTerm.ShouldBeLessThanOrEqualTo(first.Term);
        await primary.RestartAsync("immediate", Token);
        await using Leadership restarted = await test.CreateElection("one").AcquireAsync("scope", Token);
        restarted.Term.ShouldBeGreaterThan(first.Term);
        restarted.StoreTerm.ShouldBe(first.StoreTerm);

        await using PostgresServer replica = await PostgresServer.StartStandbyAsync(primary, Token);
        await primary.StopAsync("immediate", Token);
        await replica.PromoteAsync(Token);
        await using PostgresTestStore promoted = await PostgresTestStore.CreateAsync(replica, schema: "chainwatch");
        await using (Leadership second = await promoted.CreateElection("two").AcquireAsync("scope", Token))
        {
            second.Term.ShouldBeGreaterThan(restarted.Term);
            second.StoreTerm.ShouldBe(second.Term);
        }

        // It is told to every leader from then on: the one that it was told to first may have died before it verified anything.
        await using Leadership third = await promoted.CreateElection("three").AcquireAsync("scope", Token);
        third.StoreTerm.ShouldBe(third.Term - 1);
    }

    [Fact]
    public async Task An_election_that_was_held_on_a_server_waits_for_it_while_it_is_a_standby()
    {
        await using PostgresServer primary = await PostgresServer.StartNewAsync(cancellationToken: Token);
        Assert.SkipUnless(primary.CanHaveStandbys, "This PostgreSQL comes without pg_basebackup, which makes a standby.");
        await using PostgresTestStore test = await PostgresTestStore.CreateAsync(primary, schema: "chainwatch");
        await using PostgresServer replica = await PostgresServer.StartStandbyAsync(primary, Token);
        await using PostgresServerProxy address = PostgresServerProxy.Start(primary);
        PostgresLeaderElection election = test.CreateElection("one", connectionString: address.Through(test.Options.ConnectionString!));
        await using (await election.AcquireAsync("scope", Token))
        {
        }

        address.LeadTo(replica);
        int asked = address.Exchanges;
        Task<Leadership> waiting = election.AcquireAsync("scope", Token).AsTask();
        // Each attempt takes less.
        await Eventually.BecomesTrueAsync(_ => Task.FromResult(address.Exchanges > asked + 6), TimeSpan.FromSeconds(30), () => "it does not ask", Token);
        waiting.IsCompleted.ShouldBeFalse();
        await primary.StopAsync("immediate", Token);
        await replica.PromoteAsync(Token);

        await using Leadership next = await waiting;
        next.StoreTerm.ShouldBe(next.Term);
    }
}
