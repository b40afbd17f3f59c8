using static ChainWatch.Conformance.ConformanceChain;

namespace ChainWatch.Conformance;

/// <summary>
/// What every <see cref="ILeaderElection"/> must do, that for a single instance too, which always wins. A test project inherits it and says how instances are made that
/// stand for the same scopes.
/// </summary>
public abstract class LeaderElectionConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates one more instance; all instances of a test stand for the same scopes.</summary>
    protected abstract ValueTask<ILeaderElection> CreateElectionAsync(string holder);

    /// <summary>The store that the terms fence.</summary>
    protected abstract ValueTask<IWatchStore> CreateStoreAsync();

    [Fact]
    public async Task Whoever_stands_alone_leads_with_a_term()
    {
        ILeaderElection election = await CreateElectionAsync("one");

        await using Leadership leadership = await election.AcquireAsync("scope", Token);

        leadership.Scope.ShouldBe("scope");
        leadership.Term.ShouldBeGreaterThan(0);
        leadership.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task Each_leadership_has_a_greater_term_than_the_one_before()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        long last = 0;
        for (int round = 0; round < 10; round++)
        {
            await using Leadership leadership = await (round % 3 == 0 ? two : one).AcquireAsync("scope", Token);
            leadership.Term.ShouldBeGreaterThan(last);
            last = leadership.Term;
        }
    }

    [Fact]
    public async Task The_term_is_the_one_that_the_store_takes_writes_from_and_the_last_one_is_refused()
    {
        IWatchStore store = await CreateStoreAsync();
        ILeaderElection election = await CreateElectionAsync("one");
        long old;
        await using (Leadership first = await election.AcquireAsync("chain", Token))
        {
            old = first.Term;
            (await WriteAsync(store, first.Term, null)).ShouldBe(CommitOutcome.Committed);
        }

        await using Leadership second = await election.AcquireAsync("chain", Token);
        (await WriteAsync(store, old, Point(1))).ShouldBe(CommitOutcome.Fenced);
        (await WriteAsync(store, second.Term, Point(1))).ShouldBe(CommitOutcome.Committed);
    }

    [Fact]
    public async Task Scopes_are_led_independently()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");

        await using Leadership first = await one.AcquireAsync("first", Token);
        await using Leadership second = await two.AcquireAsync("second", Token);
        await using Leadership third = await one.AcquireAsync("first/1", Token);

        new[] { first, second, third }.ShouldAllBe(leadership => !leadership.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Handing_over_twice_is_harmless()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        Leadership first = await one.AcquireAsync("scope", Token);
        await first.DisposeAsync();

        await using Leadership second = await two.AcquireAsync("scope", Token);
        await first.DisposeAsync();

        second.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    private static async Task<CommitOutcome> WriteAsync(IWatchStore store, long term, ChainPoint? cursor)
    {
        Chain chain = Named("chain");
        long height = (cursor?.Height ?? 0) + 1;
        CommitResult result = await store.CommitAsync(
            new CommitBatch
            {
                Chain = chain,
                Term = term,
                Cursor = cursor,
                WatchSequence = 0,
                Blocks = Blocks(height, height),
                Payments = [],
                Coverage = [new CoverageRange(height, height, "one", 1)],
                Marks = new ChainMarks(height, -1, -1),
                At = DateTimeOffset.UnixEpoch,
            },
            Token);
        return result.Outcome;
    }
}
