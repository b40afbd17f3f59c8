using static ChainWatch.Conformance.ConformanceChain;

namespace ChainWatch.Conformance;

/// <summary>What every <see cref="ILeaderElection"/> must do. A test project inherits it and says how instances are made that stand for the same scopes.</summary>
public abstract class LeaderElectionConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates one more instance; all instances of a test stand for the same scopes.</summary>
    protected abstract ValueTask<ILeaderElection> CreateElectionAsync(string holder);

    /// <summary>The store that the terms fence.</summary>
    protected abstract ValueTask<IWatchStore> CreateStoreAsync();

    /// <summary>Whether a second instance waits while the first one leads. An election for one instance only lets every one win.</summary>
    protected virtual bool Excludes => true;

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
    public async Task Who_stands_by_leads_as_soon_as_the_leader_hands_over()
    {
        Assert.SkipUnless(Excludes, "This election lets every instance win.");
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        Leadership first = await one.AcquireAsync("scope", Token);

        Task<Leadership> waiting = two.AcquireAsync("scope", Token).AsTask();
        await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token));
        waiting.IsCompleted.ShouldBeFalse();

        await first.DisposeAsync();
        await using Leadership second = await waiting;
        second.Term.ShouldBeGreaterThan(first.Term);
        first.Lost.IsCancellationRequested.ShouldBeTrue();
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

    [Fact]
    public async Task Who_gives_up_waiting_holds_nothing_back()
    {
        Assert.SkipUnless(Excludes, "This election lets every instance win.");
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        ILeaderElection three = await CreateElectionAsync("three");
        Leadership first = await one.AcquireAsync("scope", Token);
        using CancellationTokenSource impatient = new();
        Task<Leadership> waiting = two.AcquireAsync("scope", impatient.Token).AsTask();
        Task<Leadership> patient = three.AcquireAsync("scope", Token).AsTask();
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);

        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        await first.DisposeAsync();

        await using Leadership third = await patient;
        third.Term.ShouldBeGreaterThan(first.Term);
    }

    [Fact]
    public async Task Of_many_that_stand_at_once_never_two_lead()
    {
        Assert.SkipUnless(Excludes, "This election lets every instance win.");
        int leading = 0;
        List<long> terms = [];

        await Task.WhenAll(Enumerable.Range(0, 5).Select(StandAsync));

        terms.Count.ShouldBe(50);
        terms.ShouldBeInOrder();
        terms.Distinct().Count().ShouldBe(50);

        async Task StandAsync(int instance)
        {
            ILeaderElection election = await CreateElectionAsync($"instance-{instance}");
            for (int round = 0; round < 10; round++)
            {
                await using Leadership leadership = await election.AcquireAsync("scope", Token);
                Interlocked.Increment(ref leading).ShouldBe(1);
                terms.Add(leadership.Term);
                await Task.Yield();
                Interlocked.Decrement(ref leading);
            }
        }
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
