using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class PendingAddressesTests : IDisposable
{
    private static readonly Chain s_chain = new SimulatedChain().Chain;

    private readonly InMemoryWatchStore _store = new();
    private readonly LogRecorder _log = new();
    private AddressSet _matched = AddressSet.Create(s_chain.Format.AddressKeyLength);
    private Exception? _fault;
    private int _asked;

    public void Dispose() => _log.Dispose();

    [Fact]
    public void What_was_registered_and_removed_since_the_last_commit_is_known()
    {
        Register("early", "gone");
        Commit();
        PendingAddresses watched = Create();
        Update(watched).ShouldBeEmpty("blocks are matched against these already");
        Register("new");
        Remove("gone");

        Update(watched).ShouldBe([Key("new")]);

        Contains(watched, "early", "new").ShouldBeTrue();
        Contains(watched, "gone").ShouldBeFalse();
        watched.Contains([1, 2]).ShouldBeFalse();
        _matched.Contains(Key("new").Bytes).ShouldBeFalse("the follower's own is left alone: its sequence says what blocks were matched against");

        Register("gone");
        Update(watched).ShouldBe([Key("gone")]);
        Contains(watched, "gone").ShouldBeTrue();
        Update(watched).ShouldBeEmpty();
    }

    [Fact]
    public void What_a_commit_took_in_and_what_followed_it_stay_apart()
    {
        PendingAddresses watched = Create();
        Register("a", "b");
        Update(watched).Count.ShouldBe(2);
        Remove("a");
        Commit();
        Register("c");

        Update(watched).ShouldBe([Key("c")]);

        Contains(watched, "b", "c").ShouldBeTrue();
        Contains(watched, "a").ShouldBeFalse();
    }

    [Fact]
    public void What_a_commit_took_in_first_is_told_as_new_all_the_same()
    {
        PendingAddresses watched = Create();
        Register("a");
        Commit();

        Update(watched).ShouldBe([Key("a")], "a transaction that pays it may have been looked at before");
        Contains(watched, "a").ShouldBeTrue();
    }

    [Fact]
    public void A_store_that_does_not_answer_is_told_once_and_what_is_known_stays()
    {
        PendingAddresses watched = Create();
        Register("a");
        Update(watched);
        Register("b");
        _fault = new InvalidOperationException("no connection");
        Update(watched).ShouldBeEmpty();
        Update(watched).ShouldBeEmpty();
        Contains(watched, "a").ShouldBeTrue();
        _log.Of("PendingAddressesUnread").ShouldHaveSingleItem();

        _fault = null;
        Update(watched).ShouldBe([Key("b")]);
        Contains(watched, "a", "b").ShouldBeTrue();
    }

    [Fact]
    public void An_import_is_taken_in_by_parts_and_up_to_a_bound_until_the_next_commit()
    {
        PendingAddresses watched = Create();
        string[] many = [.. Enumerable.Range(0, PendingAddresses.MostChanges + 30_000).Select(static number => $"import {number}")];
        Register(many);
        int before = _asked;
        List<int> parts = [];
        for (int look = 0; look < 10; look++)
        {
            parts.Add(Update(watched).Count);
        }

        parts.ShouldAllBe(static part => part <= 20_000);
        parts.Sum().ShouldBe(PendingAddresses.MostChanges);
        (_asked - before).ShouldBe(5, "the store is not asked for what there is no room for");
        Contains(watched, many[0], many[PendingAddresses.MostChanges - 1]).ShouldBeTrue();
        Contains(watched, many[^1]).ShouldBeFalse();

        Commit();
        Update(watched).Count.ShouldBe(20_000);
        Contains(watched, many[0], many[^1]).ShouldBeTrue();
        Update(watched).Count.ShouldBe(10_000);
        Update(watched).ShouldBeEmpty();
    }

    [Fact]
    public void While_the_chain_stands_still_whoever_looks_at_what_waits_learns_of_a_registration_and_the_follower_goes_on_as_ever()
    {
        using SimulatedEngine engine = new();
        PendingAddresses? watched = null;
        engine.WatchPendingBy(async (addresses, _, cancellation) =>
        {
            watched = addresses;
            await Task.Delay(Timeout.InfiniteTimeSpan, engine.Time, cancellation);
        });
        engine.Chain.MineEmpty(3);
        engine.Start();
        engine.CatchUp();
        engine.Scheduler.RunUntil(() => watched is not null, TimeSpan.FromMinutes(1)).ShouldBeTrue();
        engine.Register("a");

        engine.Scheduler.Run(async () => await watched!.UpdateAsync(CancellationToken.None)).ShouldBe([SimulatedFormat.Key("a")]);
        watched!.Contains(SimulatedFormat.Key("a").Bytes).ShouldBeTrue();

        engine.Chain.Mine(engine.Chain.Pay(SimulatedFormat.Address("a"), 5));
        engine.CatchUp();
        engine.Kinds.ShouldBe([PaymentEventKind.Detected]);
        engine.Scheduler.Run(async () => await watched.UpdateAsync(CancellationToken.None)).ShouldBeEmpty();
        watched.Contains(SimulatedFormat.Key("a").Bytes).ShouldBeTrue();
    }

    private static AddressKey Key(string label) => SimulatedFormat.Key(label);

    private static bool Contains(PendingAddresses watched, params string[] labels) => labels.All(label => watched.Contains(Key(label).Bytes));

    private PendingAddresses Create()
    {
        IWatchStore store = StoreProxy.Before(_store, (method, _) =>
        {
            _asked += method == nameof(IWatchStore.ReadWatchChangesAsync) ? 1 : 0;
            if (_fault is not null)
            {
                throw _fault;
            }
        });
        return new PendingAddresses(s_chain, store, () => _matched, _log.CreateLogger("test"));
    }

    /// <summary>The store is in memory, and answers at once.</summary>
    private static IReadOnlyList<AddressKey> Update(PendingAddresses watched)
    {
        ValueTask<IReadOnlyList<AddressKey>> update = watched.UpdateAsync(CancellationToken.None);
        update.IsCompleted.ShouldBeTrue();
        return update.AsTask().GetAwaiter().GetResult();
    }

    private void Register(params string[] labels) =>
        _store.AddAddressesAsync(s_chain, [.. labels.Select(static label => new WatchRegistration { Key = Key(label), Address = SimulatedFormat.Address(label) })], DateTimeOffset.UnixEpoch, CancellationToken.None)
            .AsTask().IsCompletedSuccessfully.ShouldBeTrue();

    private void Remove(string label) => _store.RemoveAddressAsync(s_chain, Key(label), CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();

    /// <summary>Takes in what the follower takes in with a commit.</summary>
    private void Commit()
    {
        ValueTask<WatchChanges> changes = _store.ReadWatchChangesAsync(s_chain, _matched.Sequence, int.MaxValue, CancellationToken.None);
        _matched = _matched.Apply(changes.AsTask().GetAwaiter().GetResult());
    }
}
