namespace ChainWatch.Conformance;

/// <summary>What every <see cref="ILeaderElection"/> must do that decides between instances.</summary>
public abstract class ExclusiveElectionConformance : LeaderElectionConformance
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_stands_by_leads_as_soon_as_the_leader_hands_over()
    {
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
    public async Task Who_stands_by_is_told_who_leads()
    {
        ILeaderElection one = await CreateElectionAsync("one");
        ILeaderElection two = await CreateElectionAsync("two");
        await using Leadership first = await one.AcquireAsync("scope", Token);
        LeadershipCandidate candidate = new("scope");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<Leadership> waiting = two.AcquireAsync(candidate, stop.Token).AsTask();

        while (candidate.DeniedBy is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        candidate.DeniedBy.Name.ShouldContain("one");
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
        Task<Leadership> waiting = two.AcquireAsync(new LeadershipCandidate("scope") { IsReady = true }, stop.Token).AsTask();

        await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token));

        waiting.IsCompleted.ShouldBeFalse();
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
}
