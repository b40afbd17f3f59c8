namespace ChainWatch.Conformance;

/// <summary>What every <see cref="ILeaderElection"/> must do that decides between instances.</summary>
public abstract class ExclusiveElectionConformance : LeaderElectionConformance
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Waits until so many instances stand in line for a scope, where one can tell; an election that has no line need not.</summary>
    protected virtual Task StandInLineAsync(int instances) => Task.CompletedTask;

    [Fact]
    public async Task Who_stands_by_leads_as_soon_as_the_leader_hands_over()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        Leadership first = await one.AcquireAsync("scope", Token);

        LeadershipCandidate candidate = new("scope");
        Task<Leadership> waiting = two.AcquireAsync(candidate, Token).AsTask();
        await DeniedAsync(candidate, waiting);

        await first.DisposeAsync();
        await using Leadership second = await waiting;
        second.Term.ShouldBeGreaterThan(first.Term);
        first.Lost.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_stands_by_is_told_who_leads()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        await using Leadership first = await one.AcquireAsync("scope", Token);
        LeadershipCandidate candidate = new("scope");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<Leadership> waiting = two.AcquireAsync(candidate, stop.Token).AsTask();

        await DeniedAsync(candidate, waiting);

        candidate.DeniedBy!.Name.ShouldContain("one");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Leadership_lasts_until_it_is_given_back_also_where_it_is_asked_for()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        await using Leadership first = await one.AcquireAsync(new LeadershipCandidate("scope") { IsReady = true }, Token);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        LeadershipCandidate candidate = new("scope") { IsReady = true };
        Task<Leadership> waiting = two.AcquireAsync(candidate, stop.Token).AsTask();

        await DeniedAsync(candidate, waiting);

        first.Lost.IsCancellationRequested.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Who_gives_up_waiting_holds_nothing_back()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        ILeaderElection three = await CreateElectionAsync("three");
        Leadership first = await one.AcquireAsync("scope", Token);
        using CancellationTokenSource impatient = new();
        Task<Leadership> waiting = two.AcquireAsync("scope", impatient.Token).AsTask();
        Task<Leadership> patient = three.AcquireAsync("scope", Token).AsTask();
        await StandInLineAsync(2);

        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        await first.DisposeAsync();

        await using Leadership third = await patient;
        third.Term.ShouldBeGreaterThan(first.Term);
    }

    [Fact]
    public async Task Of_many_that_stand_at_once_never_two_lead()
    {
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

    /// <summary>Waits until a candidate has been told that another one leads; it must not lead itself meanwhile.</summary>
    private static async Task DeniedAsync(LeadershipCandidate candidate, Task<Leadership> waiting)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(s_patience);
        while (candidate.DeniedBy is null && !waiting.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        }

        waiting.IsCompleted.ShouldBeFalse();
    }
}
