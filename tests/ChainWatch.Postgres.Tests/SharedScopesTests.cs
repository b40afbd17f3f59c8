using System.Collections.Concurrent;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.Postgres.Tests;

/// <summary>Several instances that share several scopes: evenly, after everybody who comes and everybody who goes, and never two at once.</summary>
public sealed class SharedScopesTests(PostgresServerFixture postgres) : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly string[] s_scopes = [.. Enumerable.Range(0, 6).Select(static number => $"chain-{number}")];

    private readonly ConcurrentDictionary<string, string> _leaders = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private PostgresTestStore _test = null!;
    private int _changes;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _test = await PostgresTestStore.CreateAsync(postgres.Server);

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Scopes_are_shared_evenly_whoever_comes_and_goes()
    {
        await using Instance one = new(this, "one");
        await LedByAsync(6);
        await using Instance two = new(this, "two");
        await using Instance three = new(this, "three");

        await LedByAsync(2, 2, 2);
        await StaysAsync();

        await three.DisposeAsync();
        await LedByAsync(3, 3);

        await using Instance four = new(this, "four");
        await LedByAsync(2, 2, 2);
        await StaysAsync();
        _faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_does_not_share_keeps_what_he_has()
    {
        await using Instance one = new(this, "one", share: false);
        await LedByAsync(6);
        await using Instance two = new(this, "two");

        await StaysAsync();

        _leaders.Values.Distinct().ShouldBe(["one"]);
    }

    [Fact]
    public async Task Who_is_not_ready_is_handed_nothing()
    {
        await using Instance one = new(this, "one");
        await LedByAsync(6);
        await using Instance two = new(this, "two", ready: false);

        await StaysAsync();

        _leaders.Values.Distinct().ShouldBe(["one"]);
    }

    [Fact]
    public async Task A_scope_meant_for_somebody_who_is_gone_is_led_all_the_same()
    {
        await using Instance one = new(this, "one");
        await LedByAsync(6);
        await using Instance two = new(this, "two", ready: false);
        // As a leader leaves it behind that names the next one and dies.
        await _test.ExecuteAsync("update $schema$.leadership set handed_to = 4711");

        await one.DisposeAsync();

        await LedByAsync(6);
        _leaders.Values.Distinct().ShouldBe(["two"]);
        (await _test.ScalarAsync<long>("select count(*) from $schema$.leadership where handed_to is not null")).ShouldBe(0);
    }

    private Task LedByAsync(params int[] shares) => Eventually.BecomesTrueAsync(
        _ => Task.FromResult(_leaders.Values.CountBy(static leader => leader).Select(static pair => pair.Value).OrderDescending().SequenceEqual(shares)),
        s_patience,
        () => string.Join(", ", _leaders.Select(static pair => $"{pair.Key} by {pair.Value}")) + " " + string.Join(", ", _faults),
        Token);

    /// <summary>Nothing moves any more, for several times as long as it takes to move something.</summary>
    private async Task StaysAsync()
    {
        int before = Volatile.Read(ref _changes);
        await _test.BeatForAsync(
            TimeSpan.FromSeconds(4),
            "pid in (select pid from pg_locks where locktype = 'advisory' and granted and classid = x'43570002'::int) and application_name like '%-leader:chain-%'");
        Volatile.Read(ref _changes).ShouldBe(before);
    }

    /// <summary>Stands for all scopes, and leads each it wins until it is to hand over or stops.</summary>
    private sealed class Instance : IAsyncDisposable
    {
        private readonly SharedScopesTests _owner;
        private readonly string _name;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task[] _standing;

        public Instance(SharedScopesTests owner, string name, bool share = true, bool ready = true)
        {
            _owner = owner;
            _name = name;
            // Long enough that a busy machine takes no scope from anybody.
            PostgresLeaderElection election = owner._test.CreateElection(
                name, new LeadershipOptions { TimeToLive = TimeSpan.FromSeconds(3), HandBackAfter = TimeSpan.FromSeconds(1), ShareChains = share }, writeTimeout: TimeSpan.FromMilliseconds(800));
            _standing = [.. s_scopes.Select(scope => StandAsync(election, scope, ready))];
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_standing);
        }

        private async Task StandAsync(PostgresLeaderElection election, string scope, bool ready)
        {
            try
            {
                while (true)
                {
                    await using Leadership leadership = await election.AcquireAsync(new LeadershipCandidate(scope) { IsReady = ready }, _stop.Token);
                    if (!_owner._leaders.TryAdd(scope, _name))
                    {
                        _owner._faults.Enqueue($"{scope} is led by {_name} and {_owner._leaders[scope]}");
                    }

                    Interlocked.Increment(ref _owner._changes);
                    TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    await using (leadership.HandOver.Register(() => over.TrySetResult()))
                    await using (leadership.Lost.Register(() => over.TrySetResult()))
                    await using (_stop.Token.Register(() => over.TrySetResult()))
                    {
                        await over.Task;
                    }

                    _owner._leaders.TryRemove(scope, out _);
                }
            }
            catch (OperationCanceledException)
            {
                // It goes.
            }
        }
    }
}
