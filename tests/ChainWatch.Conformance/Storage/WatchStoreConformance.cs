using System.Globalization;
using System.Numerics;
using static ChainWatch.Conformance.ConformanceChain;
using static ChainWatch.Conformance.StoreScript;

namespace ChainWatch.Conformance;

/// <summary>What every <see cref="IWatchStore"/> must do. A test project inherits it and says how a fresh store is made.</summary>
public abstract class WatchStoreConformance
{
    private static readonly PaymentReference s_order = PaymentReference.For("order", "1042");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates an empty store and makes it ready.</summary>
    protected abstract ValueTask<IWatchStore> CreateStoreAsync();

    /// <summary>All events of a chain, ascending.</summary>
    protected abstract ValueTask<IReadOnlyList<PaymentEvent>> ReadEventsAsync(IWatchStore store, Chain chain);

    /// <summary>How a text comes back that holds U+0000 or half a surrogate pair: the same for the same text, always.</summary>
    protected virtual string Recorded(string text) => text;

    /// <summary>How many rounds the racing tests run.</summary>
    protected virtual int Rounds => 200;

    // ---- state -----------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_fresh_store_knows_nothing_of_a_chain()
    {
        StoreScript script = await StartAsync();

        ScopeState state = await script.LoadAsync();

        state.Known.ShouldBeEmpty();
        state.Cursor.ShouldBeNull();
        state.Finalized.ShouldBeNull();
        state.Marks.ShouldBe(new ChainMarks(-1, -1, -1));
        state.Term.ShouldBe(0);
        (await script.PaymentsAsync()).ShouldBeEmpty();
        (await script.Store.ReadOutboxAsync(Token)).ShouldBe(new OutboxState(0, null, 0));
        (await script.TakeAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Making_a_store_ready_twice_or_at_once_is_harmless()
    {
        IWatchStore store = await CreateStoreAsync();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.InitializeAsync(Token).AsTask()));

        (await store.RaiseTermAsync("made", "one", Token)).ShouldBe(1);
    }

    [Fact]
    public async Task The_term_of_the_last_commit_is_loaded_whoever_leads_since()
    {
        StoreScript script = await StartAsync();
        await script.CommitAsync(script.Draft(Blocks(1, 3)));
        long term = script.Term;

        (await script.LeadAsync("another")).Term.ShouldBe(term);

        await script.CommitAsync(script.Draft(Blocks(4, 4)));
        (await script.LoadAsync()).Term.ShouldBe(script.Term);
        script.Term.ShouldBeGreaterThan(term);
    }

    [Fact]
    public async Task A_leader_goes_on_where_the_last_one_stopped()
    {
        StoreScript script = await StartAsync();
        BatchDraft draft = script.Draft(Blocks(100, 120));
        draft.Safe = 110;
        draft.Finalized = Point(105);
        await script.CommitAsync(draft);

        ScopeState state = await script.LeadAsync("next");

        state.Cursor.ShouldBe(Point(120));
        state.Finalized.ShouldBe(Point(105));
        state.Marks.ShouldBe(new ChainMarks(120, 110, 105));
        state.Known.ShouldBe([.. Enumerable.Range(105, 16).Select(height => Point(height))]);
    }

    [Fact]
    public async Task The_highest_canonical_point_below_a_height_is_found_also_below_what_is_final()
    {
        StoreScript script = await StartAsync();
        (await script.Store.ReadPointBelowAsync(script.Chain, 0, 1_000, Token)).ShouldBeNull();
        BatchDraft draft = script.Draft(Blocks(100, 120));
        draft.Finalized = Point(115);
        await script.CommitAsync(draft);

        (await script.Store.ReadPointBelowAsync(script.Chain, 0, 100, Token)).ShouldBeNull();
        (await script.Store.ReadPointBelowAsync(script.Chain, 0, 101, Token)).ShouldBe(Point(100));
        (await script.Store.ReadPointBelowAsync(script.Chain, 0, 118, Token)).ShouldBe(Point(117));
        (await script.Store.ReadPointBelowAsync(script.Chain, 0, 1_000, Token)).ShouldBe(Point(120));

        await script.ReorgAsync(Point(118), Blocks(119, 119, 'b', 'a'));
        (await script.Store.ReadPointBelowAsync(script.Chain, 0, 1_000, Token)).ShouldBe(Point(119, 'b'));
    }

    [Fact]
    public async Task Without_a_final_point_all_points_since_the_first_are_known()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(7, 9));
        await script.ForwardAsync(Blocks(10, 10));

        (await script.LoadAsync()).Known.ShouldBe([Point(7), Point(8), Point(9), Point(10)]);
    }

    [Fact]
    public async Task The_final_point_stays_known_when_a_later_batch_names_none()
    {
        StoreScript script = await StartAsync();
        BatchDraft draft = script.Draft(Blocks(1, 5));
        draft.Finalized = Point(3);
        await script.CommitAsync(draft);
        await script.ForwardAsync(Blocks(6, 6));

        (await script.LoadAsync()).Finalized.ShouldBe(Point(3));
    }

    [Fact]
    public async Task After_a_rollback_the_new_branch_is_known_and_the_old_one_is_not()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 5));
        await script.ReorgAsync(Point(3), Blocks(4, 6, 'b', parent: 'a'));

        (await script.LoadAsync()).Known.ShouldBe([Point(1), Point(2), Point(3), Point(4, 'b'), Point(5, 'b'), Point(6, 'b')]);
    }

    [Fact]
    public async Task A_rollback_without_new_blocks_moves_the_cursor_back()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 5));
        await script.ReorgAsync(Point(3), []);

        (await script.LoadAsync()).Known.ShouldBe([Point(1), Point(2), Point(3)]);
        await script.ForwardAsync(Blocks(4, 5));
        (await script.LoadAsync()).Cursor.ShouldBe(Point(5));
    }

    [Fact]
    public async Task A_rollback_below_the_first_block_makes_its_target_the_beginning()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(10, 12));
        await script.ReorgAsync(Point(9), Blocks(10, 11, 'b', parent: 'a'));

        (await script.LoadAsync()).Known.ShouldBe([Point(9), Point(10, 'b'), Point(11, 'b')]);
    }

    [Fact]
    public async Task A_batch_whose_blocks_are_not_linked_is_refused_whole()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 3));

        foreach (BlockHeader[] blocks in new BlockHeader[][] { [Block(4), Block(5, 'b')], [Block(5)], [Block(4, 'b')] })
        {
            await Should.ThrowAsync<InvalidOperationException>(() => script.ForwardAsync(blocks));
        }

        (await script.LoadAsync()).Cursor.ShouldBe(Point(3));
    }

    [Fact]
    public async Task Chains_do_not_touch_each_other()
    {
        StoreScript one = await StartAsync("one");
        StoreScript two = new(one.Store, Named("two"));
        await two.LeadAsync();
        await one.WatchAsync([1]);
        await one.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1, confirmation: Confirmation.Blocks(1)));
        await two.ForwardAsync(Blocks(1, 9));

        (await one.LoadAsync()).Cursor.ShouldBe(Point(1));
        (await two.LoadAsync()).Cursor.ShouldBe(Point(9));
        (await two.PaymentsAsync()).ShouldBeEmpty();
        (await two.Store.CountAddressesAsync(two.Chain, Token)).ShouldBe(0);
        two.WatchSequence.ShouldBe(0);
    }

    // ---- fencing ---------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Each_term_is_greater_than_the_one_before()
    {
        IWatchStore store = await CreateStoreAsync();

        (await store.RaiseTermAsync("one", "first", Token)).ShouldBe(1);
        (await store.RaiseTermAsync("one", "second", Token)).ShouldBe(2);
        (await store.RaiseTermAsync("two", "first", Token)).ShouldBe(1);
    }

    [Fact]
    public async Task An_older_term_is_refused()
    {
        StoreScript old = await StartAsync();
        await old.WatchAsync([1]);
        await old.ForwardAsync(Blocks(1, 3));
        StoreScript next = new(old.Store, old.Chain);
        await next.LeadAsync("next");

        (await old.TryCommitAsync(old.Draft(Blocks(4, 4), Pay(Block(4), 1)))).Outcome.ShouldBe(CommitOutcome.Fenced);

        (await next.LoadAsync()).Cursor.ShouldBe(Point(3));
        (await next.PaymentsAsync()).ShouldBeEmpty();
        await next.ForwardAsync(Blocks(4, 4));
    }

    [Fact]
    public async Task A_term_that_nobody_was_given_is_refused()
    {
        StoreScript script = new(await CreateStoreAsync(), Named("chain"));
        (await script.TryCommitAsync(script.Draft(Blocks(1, 1)))).Outcome.ShouldBe(CommitOutcome.Fenced);

        await script.LeadAsync();
        BatchDraft ahead = script.Draft(Blocks(1, 1));
        ahead.Term++;
        (await script.TryCommitAsync(ahead)).Outcome.ShouldBe(CommitOutcome.Fenced);
        (await script.LoadAsync()).Cursor.ShouldBeNull();
    }

    [Fact]
    public async Task An_older_term_is_refused_in_a_rollback_and_in_a_large_batch_too()
    {
        StoreScript old = await StartAsync();
        await old.ForwardAsync(Blocks(1, 3));
        await old.Store.RaiseTermAsync(WatchScope.For(old.Chain, 0), "next", Token);

        BatchDraft rollback = old.Draft(Blocks(3, 4, 'b', parent: 'a'));
        rollback.RollBackTo = Point(2);
        (await old.TryCommitAsync(rollback)).Outcome.ShouldBe(CommitOutcome.Fenced);
        (await old.TryCommitAsync(old.Draft(Blocks(4, 1003)))).Outcome.ShouldBe(CommitOutcome.Fenced);
        (await old.LoadAsync()).Cursor.ShouldBe(Point(3));
    }

    [Fact]
    public async Task Of_two_writers_in_a_race_only_the_newest_term_ever_writes()
    {
        StoreScript first = await StartAsync();
        StoreScript second = new(first.Store, first.Chain);
        List<(long Term, ChainPoint Point)> written = [];
        Lock guard = new();

        await Task.WhenAll(WriteAsync(first, 'a'), WriteAsync(second, 'b'));

        // Each commit stands on the one before it, and terms never go back.
        written.Sort((a, b) => a.Point.Height.CompareTo(b.Point.Height));
        written.Select(one => one.Point.Height).ShouldBe(Enumerable.Range(1, written.Count).Select(height => (long)height));
        written.Zip(written.Skip(1)).ShouldAllBe(pair => pair.First.Term <= pair.Second.Term);
        (await first.LoadAsync()).Known.ShouldBe(written.Select(one => one.Point));

        async Task WriteAsync(StoreScript script, char branch)
        {
            await Task.Yield();
            Random random = new(branch);
            for (int round = 0; round < Rounds; round++)
            {
                if (script.Term == 0 || random.Next(20) == 0)
                {
                    await script.LeadAsync();
                }

                ChainPoint? cursor = script.Cursor;
                long height = (cursor?.Height ?? 0) + 1;
                BlockHeader block = new() { Point = Point(height, branch), ParentHash = cursor?.Hash ?? default };
                CommitResult result = await script.TryCommitAsync(script.Draft([block]));
                if (result.Outcome == CommitOutcome.Committed)
                {
                    lock (guard)
                    {
                        written.Add((script.Term, block.Point));
                    }
                }
                else
                {
                    result.Outcome.ShouldBeOneOf(CommitOutcome.Fenced, CommitOutcome.CursorMoved);
                    await script.LeadAsync();
                }
            }
        }
    }

    [Fact]
    public async Task Of_two_batches_of_one_term_on_the_same_cursor_only_one_is_taken()
    {
        StoreScript script = await StartAsync();
        ChainPoint? cursor = null;
        for (int round = 0; round < 20; round++)
        {
            long height = (cursor?.Height ?? 0) + 1;
            // The first commit of all, at the tip, large, and with a rollback to where the cursor stands.
            BatchDraft[] drafts = [.. "ab".Select(branch => script.Draft([.. Enumerable.Range(0, round % 4 == 1 ? 300 : 1).Select(nth => Linked(height + nth, branch, nth == 0 ? cursor : null))]))];
            foreach (BatchDraft draft in drafts.Where(_ => round % 4 == 2))
            {
                draft.RollBackTo = cursor;
            }

            CommitResult[] results = await Task.WhenAll(drafts.Select(draft => script.Store.CommitAsync(draft.Build(), Token).AsTask()));

            results.Select(result => result.Outcome).ShouldBe([CommitOutcome.Committed, CommitOutcome.CursorMoved], ignoreOrder: true);
            cursor = (await script.LoadAsync()).Cursor;
            cursor.ShouldBe(drafts[Array.FindIndex(results, result => result.Outcome == CommitOutcome.Committed)].Blocks[^1].Point);
        }

        static BlockHeader Linked(long height, char branch, ChainPoint? parent) =>
            new() { Point = Point(height, branch), ParentHash = parent?.Hash ?? Point(height - 1, branch).Hash };
    }

    [Fact]
    public async Task A_batch_that_stands_on_another_cursor_is_refused()
    {
        StoreScript script = await StartAsync();
        BatchDraft notFirst = script.Draft(Blocks(2, 2));
        notFirst.Cursor = Point(1);
        (await script.TryCommitAsync(notFirst)).Outcome.ShouldBe(CommitOutcome.CursorMoved);
        await script.ForwardAsync(Blocks(1, 3));

        BatchDraft otherHeight = script.Draft(Blocks(3, 3));
        otherHeight.Cursor = Point(2);
        BatchDraft otherHash = script.Draft(Blocks(4, 4, 'b'));
        otherHash.Cursor = Point(3, 'b');
        BatchDraft first = script.Draft(Blocks(4, 4));
        first.Cursor = null;
        BatchDraft rollback = script.Draft(Blocks(3, 4, 'b', parent: 'a'));
        rollback.Cursor = Point(4);
        rollback.RollBackTo = Point(2);
        BatchDraft large = script.Draft(Blocks(3, 1002));
        large.Cursor = Point(2);
        foreach (BatchDraft draft in new[] { otherHeight, otherHash, first, rollback, large })
        {
            (await script.TryCommitAsync(draft)).Outcome.ShouldBe(CommitOutcome.CursorMoved);
        }

        (await script.LoadAsync()).Known.ShouldBe([Point(1), Point(2), Point(3)]);
    }

    [Fact]
    public async Task A_batch_matched_against_an_older_watchlist_is_refused()
    {
        StoreScript script = await StartAsync();
        BatchDraft before = script.Draft(Blocks(1, 1));
        await script.WatchAsync([1]);
        (await script.TryCommitAsync(before)).Outcome.ShouldBe(CommitOutcome.WatchlistMoved);

        BatchDraft large = script.Draft(Blocks(1, 1000));
        await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token);
        (await script.TryCommitAsync(large)).Outcome.ShouldBe(CommitOutcome.WatchlistMoved);

        await script.ReadWatchlistAsync();
        await script.ForwardAsync(Blocks(1, 3));
        BatchDraft rollback = script.Draft(Blocks(3, 3, 'b', parent: 'a'));
        rollback.RollBackTo = Point(2);
        await script.WatchAsync([2]);
        (await script.TryCommitAsync(rollback)).Outcome.ShouldBe(CommitOutcome.WatchlistMoved);
        (await script.LoadAsync()).Cursor.ShouldBe(Point(3));
    }

    [Fact]
    public async Task An_address_registered_while_blocks_are_committed_is_matched_in_every_block_that_its_registration_did_not_see()
    {
        StoreScript script = await StartAsync();
        int addresses = Rounds;
        List<(long From, long To, HashSet<AddressKey> Matched)> committed = [];

        Task registering = RegisterAsync();
        HashSet<AddressKey> watched = [];
        long height = 0;
        while (!registering.IsCompleted)
        {
            foreach (WatchChange change in await script.ReadWatchlistAsync(limit: 7))
            {
                watched.Add(change.Key);
            }

            CommitResult result = await script.TryCommitAsync(script.Draft(Blocks(height + 1, height + 1)));
            if (result.Outcome == CommitOutcome.Committed)
            {
                height++;
                committed.Add((height, height, [.. watched]));
            }
            else
            {
                result.Outcome.ShouldBe(CommitOutcome.WatchlistMoved);
            }
        }

        await registering;
        int count = 0;
        await foreach (WatchedAddress address in script.Store.ListAddressesAsync(script.Chain, Token))
        {
            count++;
            committed.Where(one => one.To >= address.FromHeight && !one.Matched.Contains(address.Key)).ShouldBeEmpty();
        }

        count.ShouldBe(addresses);

        async Task RegisterAsync()
        {
            await Task.Yield();
            StoreScript application = new(script.Store, script.Chain);
            for (int number = 1; number <= addresses; number++)
            {
                await script.Store.AddAddressesAsync(script.Chain, [application.Registration(number)], script.Now, Token);
            }
        }
    }

    // ---- atomicity -------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_batch_that_cannot_be_stored_leaves_nothing_behind()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 3), Pay(Block(2), 1));
        await Should.ThrowAsync<InvalidOperationException>(() => script.ForwardAsync([Block(4), Block(6)], Pay(Block(4), 2)));

        (await script.PaymentsAsync()).Count.ShouldBe(1);
        (await script.LoadAsync()).Cursor.ShouldBe(Point(3));
        (await script.Store.ReadCoverageAsync(script.Chain, 0, long.MaxValue, Token)).ShouldBe([new CoverageRange(1, 3, "one", 1)]);
        (await ReadEventsAsync(script.Store, script.Chain)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_beforehand_leaves_nothing_behind()
    {
        StoreScript script = await StartAsync();
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(async () => await script.Store.CommitAsync(script.Draft(Blocks(1, 1)).Build(), cancelled.Token));

        (await script.LoadAsync()).Cursor.ShouldBeNull();
    }

    // ---- payments --------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_payment_is_detected_with_all_that_is_known_of_it()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1], s_order);
        DateTimeOffset at = script.Now;

        CommitResult result = await script.ForwardAsync(
            Blocks(1, 3), Pay(Block(2), 7, amount: 5_000, ordinal: 4, tag: "0", from: "someone", asset: ConformanceChain.Token, confirmation: Confirmation.Safe));

        Payment expected = new()
        {
            Chain = "chain",
            Id = new PaymentId(Transaction(7), 4),
            TransactionId = $"0x{Transaction(7)}",
            To = Address(1),
            Address = "addr-1",
            From = "someone",
            Asset = "TOKEN",
            Amount = 5_000,
            Tag = "0",
            Status = PaymentStatus.Detected,
            Block = Point(2),
            ConfirmationMark = ConfirmationMark.Safe,
            ConfirmationHeight = 2,
            DetectedAt = at,
            ConfirmedAt = null,
            Reference = s_order,
        };
        (await script.PaymentsAsync()).ShouldBe([expected]);
        PaymentEvent one = result.Events.ShouldHaveSingleItem();
        one.Kind.ShouldBe(PaymentEventKind.Detected);
        one.Payment.ShouldBe(expected);
        one.OccurredAt.ShouldBe(at);
        one.Cause.ShouldBeNull();
        Delivery delivery = (await script.TakeAsync()).ShouldNotBeNull();
        await using (delivery)
        {
            delivery.Event.Sequence.ShouldBe(one.Sequence);
            delivery.Event.Payment.ShouldBe(expected);
            delivery.Event.OccurredAt.ShouldBe(at);
            delivery.Attempt.ShouldBe(1);
        }
    }

    [Fact]
    public async Task What_a_transfer_lacks_is_absent_and_not_empty()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1), Pay(Block(1), 2, tag: "", from: ""));

        Payment bare = await script.PaymentAsync(1);
        (bare.From, bare.Tag, bare.Reference).ShouldBe((null, null, null));
        Payment empty = await script.PaymentAsync(2);
        (empty.From, empty.Tag).ShouldBe(("", ""));
    }

    [Fact]
    public async Task A_payment_is_confirmed_when_its_mark_reaches_its_height()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(
            Blocks(1, 1),
            Pay(Block(1), 1, confirmation: Confirmation.Blocks(1)),
            Pay(Block(1), 3, confirmation: Confirmation.Blocks(3)),
            Pay(Block(1), 4, confirmation: Confirmation.Safe),
            Pay(Block(1), 5, confirmation: Confirmation.Finalized));
        await ShouldBeConfirmedAsync(1);

        await script.ForwardAsync(Blocks(2, 2));
        await ShouldBeConfirmedAsync(1);

        DateTimeOffset at = script.Now;
        await script.ForwardAsync(Blocks(3, 3));
        await ShouldBeConfirmedAsync(1, 3);
        (await script.PaymentAsync(3)).ConfirmedAt.ShouldBe(at);

        BatchDraft safe = script.Draft(Blocks(4, 4));
        safe.Safe = 1;
        await script.CommitAsync(safe);
        await ShouldBeConfirmedAsync(1, 3, 4);

        BatchDraft final = script.Draft([]);
        final.Safe = 1;
        final.Finalized = Point(1);
        await script.CommitAsync(final);
        await ShouldBeConfirmedAsync(1, 3, 4, 5);
        KindsOf(script.Events, 5).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        script.Events.Count.ShouldBe(8);

        async Task ShouldBeConfirmedAsync(params int[] transactions) =>
            (await script.PaymentsAsync()).Where(payment => payment.Status == PaymentStatus.Confirmed).Select(payment => payment.Id.TransactionId)
                .ShouldBe(transactions.Select(Transaction), ignoreOrder: true);
    }

    [Fact]
    public async Task A_head_that_is_not_agreed_on_confirms_nothing()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        BatchDraft first = script.Draft(Blocks(1, 4), Pay(Block(1), 1, confirmation: Confirmation.Blocks(1)), Pay(Block(2), 2, confirmation: Confirmation.Blocks(2)));
        first.Head = 1;
        await script.CommitAsync(first);
        await ShouldBeConfirmedAsync(1);

        // As the first, for a store that writes a block in another way than several; the cursor goes on, what is agreed on does not.
        BatchDraft second = script.Draft(Blocks(5, 5), Pay(Block(5), 5, confirmation: Confirmation.Blocks(1)));
        second.Head = 2;
        await script.CommitAsync(second);
        await ShouldBeConfirmedAsync(1);

        BatchDraft agreed = script.Draft([]);
        agreed.Head = 5;
        await script.CommitAsync(agreed);
        await ShouldBeConfirmedAsync(1, 2, 5);

        async Task ShouldBeConfirmedAsync(params int[] transactions) =>
            (await script.PaymentsAsync()).Where(payment => payment.Status == PaymentStatus.Confirmed).Select(payment => payment.Id.TransactionId)
                .ShouldBe(transactions.Select(Transaction), ignoreOrder: true);
    }

    [Fact]
    public async Task A_payment_confirmed_as_it_comes_has_both_events_in_their_order()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1], s_order);

        CommitResult result = await script.ForwardAsync(Blocks(1, 9), Pay(Block(2), 1), Pay(Block(9), 2));

        result.Events.Select(one => (one.Kind, one.Payment.Id.TransactionId, one.Payment.Status)).ShouldBe(
        [
            (PaymentEventKind.Detected, Transaction(1), PaymentStatus.Detected),
            (PaymentEventKind.Detected, Transaction(2), PaymentStatus.Detected),
            (PaymentEventKind.Confirmed, Transaction(1), PaymentStatus.Confirmed),
        ]);
        result.Events.ShouldBeInOrder(SortDirection.Ascending, Comparer<PaymentEvent>.Create((a, b) => a.Sequence.CompareTo(b.Sequence)));
        result.Events.ShouldAllBe(one => one.Payment.Reference == s_order);
        result.Events[0].Payment.ConfirmedAt.ShouldBeNull();
        result.Events[2].Payment.ConfirmedAt.ShouldNotBeNull();
        (await script.PaymentAsync(1)).ShouldBe(result.Events[2].Payment);
    }

    [Fact]
    public async Task A_payment_that_a_reorg_drops_is_retracted()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 3), Pay(Block(2), 1), Pay(Block(3), 2));

        CommitResult result = await script.ReorgAsync(Point(2), Blocks(3, 4, 'b', parent: 'a'));

        PaymentEvent retracted = result.Events.Single(one => one.Kind == PaymentEventKind.Retracted);
        retracted.Payment.Id.TransactionId.ShouldBe(Transaction(2));
        retracted.Payment.Status.ShouldBe(PaymentStatus.Retracted);
        retracted.Payment.Block.ShouldBe(Point(3));
        retracted.Cause.ShouldNotBeNullOrEmpty();
        (await script.PaymentAsync(2)).Status.ShouldBe(PaymentStatus.Retracted);
        (await script.PaymentAsync(1)).Status.ShouldBe(PaymentStatus.Confirmed);
    }

    [Fact]
    public async Task A_payment_that_a_reorg_puts_into_another_block_is_moved_with_one_event()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 3), Pay(Block(2), 1, confirmation: Confirmation.Blocks(10)));
        Payment before = await script.PaymentAsync(1);

        CommitResult result = await script.ReorgAsync(Point(1), Blocks(2, 4, 'b', parent: 'a'), Pay(Block(4, 'b'), 1, confirmation: Confirmation.Blocks(10)));

        PaymentEvent moved = result.Events.ShouldHaveSingleItem();
        moved.Kind.ShouldBe(PaymentEventKind.Moved);
        moved.Payment.ShouldBe(before with { Block = Point(4, 'b'), ConfirmationHeight = 13 });
        (await script.PaymentAsync(1)).ShouldBe(moved.Payment);
    }

    [Fact]
    public async Task A_confirmed_payment_that_moves_stays_confirmed()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 5), Pay(Block(2), 1));
        await script.ReorgAsync(Point(1), Blocks(2, 6, 'b', parent: 'a'), Pay(Block(6, 'b'), 1));
        await script.ForwardAsync(Blocks(7, 12, 'b'));

        KindsOf(script.Events, 1).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed, PaymentEventKind.Moved]);
        Payment payment = await script.PaymentAsync(1);
        payment.Status.ShouldBe(PaymentStatus.Confirmed);
        payment.Block.ShouldBe(Point(6, 'b'));
        payment.ConfirmedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_retracted_payment_that_is_mined_again_is_detected_again_under_the_same_identity()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 5), Pay(Block(2), 1));
        await script.ReorgAsync(Point(1), Blocks(2, 3, 'b', parent: 'a'));
        await script.ForwardAsync(Blocks(4, 4, 'b'), Pay(Block(4, 'b'), 1));
        Payment again = await script.PaymentAsync(1);
        again.Status.ShouldBe(PaymentStatus.Detected);
        again.ConfirmedAt.ShouldBeNull();
        again.Block.ShouldBe(Point(4, 'b'));

        await script.ForwardAsync(Blocks(5, 6, 'b'));

        KindsOf(script.Events, 1).ShouldBe(
        [
            PaymentEventKind.Detected, PaymentEventKind.Confirmed, PaymentEventKind.Retracted, PaymentEventKind.Detected, PaymentEventKind.Confirmed,
        ]);
        (await script.PaymentsAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_retracted_payment_that_comes_again_in_a_large_batch_is_detected_again()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 2), Pay(Block(2), 1));
        await script.ReorgAsync(Point(1), Blocks(2, 3, 'b', parent: 'a'));

        CommitResult result = await script.ForwardAsync(Blocks(4, 603, 'b'), Pay(Block(4, 'b'), 2), Pay(Block(5, 'b'), 1), Pay(Block(603, 'b'), 3));

        result.Events.Count.ShouldBe(5);
        KindsOf(script.Events, 1).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted, PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        (await script.PaymentAsync(1)).Block.ShouldBe(Point(5, 'b'));
        ShouldFold(script.Events, await script.PaymentsAsync());
    }

    [Fact]
    public async Task A_payment_whose_very_block_comes_back_has_no_event()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 3), Pay(Block(3), 1, confirmation: Confirmation.Blocks(10)));

        CommitResult result = await script.ReorgAsync(Point(1), Blocks(2, 4), Pay(Block(3), 1, confirmation: Confirmation.Blocks(10)));

        result.Events.ShouldBeEmpty();
        (await script.PaymentAsync(1)).Status.ShouldBe(PaymentStatus.Detected);
        (await script.LoadAsync()).Known.ShouldBe([Point(1), Point(2), Point(3), Point(4)]);
    }

    [Fact]
    public async Task A_chain_that_bounces_between_two_branches_leaves_the_state_of_the_last_one()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 2));
        await script.ForwardAsync(Blocks(3, 4), Pay(Block(3), 1));
        await script.ReorgAsync(Point(2), Blocks(3, 5, 'b', parent: 'a'), Pay(Block(4, 'b'), 2));
        await script.ReorgAsync(Point(2), Blocks(3, 6), Pay(Block(3), 1));
        await script.ReorgAsync(Point(2), []);
        await script.ForwardAsync(Blocks(3, 7, 'b', parent: 'a'), Pay(Block(4, 'b'), 2));

        (await script.PaymentAsync(1)).Status.ShouldBe(PaymentStatus.Retracted);
        (await script.PaymentAsync(2)).Status.ShouldBe(PaymentStatus.Confirmed);
        (await script.LoadAsync()).Known.ShouldBe([Point(1), Point(2), .. Enumerable.Range(3, 5).Select(height => Point(height, 'b'))]);
        ShouldFold(script.Events, await script.PaymentsAsync());
    }

    [Fact]
    public async Task A_transaction_that_pays_differently_in_the_new_branch_is_retracted_and_detected()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1, 2]);
        await script.ForwardAsync(
            Blocks(1, 3), Pay(Block(2), 1, amount: 100), Pay(Block(2), 2, to: 1), Pay(Block(2), 3, tag: "7"), Pay(Block(2), 4), Pay(Block(2), 5, asset: Coin));

        CommitResult result = await script.ReorgAsync(
            Point(1), Blocks(2, 3, 'b', parent: 'a'),
            Pay(Block(2, 'b'), 1, amount: 99), Pay(Block(2, 'b'), 2, to: 2), Pay(Block(2, 'b'), 3, tag: "8"), Pay(Block(2, 'b'), 4, tag: ""),
            Pay(Block(2, 'b'), 5, asset: ConformanceChain.Token));

        for (int transaction = 1; transaction <= 5; transaction++)
        {
            KindsOf(result.Events, transaction).ShouldBe([PaymentEventKind.Retracted, PaymentEventKind.Detected]);
            result.Events.First(one => one.Payment.Id.TransactionId == Transaction(transaction)).Payment.Block.ShouldBe(Point(2));
        }

        (await script.PaymentAsync(1)).Amount.ShouldBe(99);
        (await script.PaymentAsync(2)).Address.ShouldBe("addr-2");
        (await script.PaymentAsync(3)).Tag.ShouldBe("8");
        (await script.PaymentsAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Several_transfers_of_one_transaction_are_several_payments()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1, 2]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1, ordinal: 0), Pay(Block(1), 1, to: 2, ordinal: 1), Pay(Block(1), 1, ordinal: long.MaxValue));

        (await script.PaymentsAsync()).Select(payment => payment.Id.Ordinal).ShouldBe([0, 1, long.MaxValue], ignoreOrder: true);
    }

    [Fact]
    public async Task A_payment_that_is_told_twice_is_stored_once()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1), Pay(Block(1), 1));
        await script.ForwardAsync(Blocks(2, 2), Pay(Block(1), 1), Pay(Block(2), 2));

        (await script.PaymentsAsync()).Count.ShouldBe(2);
        KindsOf(script.Events, 1).ShouldBe([PaymentEventKind.Detected]);
        KindsOf(script.Events, 2).ShouldBe([PaymentEventKind.Detected]);
    }

    [Fact]
    public async Task The_reference_is_the_one_that_stands_when_the_payment_is_detected()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1], s_order);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token);
        await script.WatchAsync([1], PaymentReference.For("order", "2000"));
        await script.ForwardAsync(Blocks(2, 2), Pay(Block(2), 2));

        (await script.PaymentAsync(1)).Reference.ShouldBe(s_order);
        (await script.PaymentAsync(2)).Reference.ShouldBe(PaymentReference.For("order", "2000"));
    }

    [Fact]
    public async Task Payments_of_an_address_that_is_no_longer_watched_live_on_to_their_confirmation()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token);
        await script.ReadWatchlistAsync();
        await script.ForwardAsync(Blocks(2, 3));

        (await script.PaymentAsync(1)).Status.ShouldBe(PaymentStatus.Confirmed);
    }

    [Fact]
    public async Task Standing_payments_of_addresses_that_are_no_longer_watched_can_be_asked_for()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1, 2]);
        await script.ForwardAsync(Blocks(1, 4), Pay(Block(1), 1), Pay(Block(2), 2), Pay(Block(3), 3), Pay(Block(3), 4, to: 2), Pay(Block(4), 5));
        await script.ReorgAsync(Point(3), Blocks(4, 4, 'b', parent: 'a'));
        await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token);

        (await script.Store.ReadUnwatchedPaymentsAsync(script.Chain, 1, Token)).Select(payment => payment.Id.TransactionId).ShouldBe([Transaction(3), Transaction(2)]);
    }

    [Fact]
    public async Task Payments_are_read_newest_block_first_up_to_a_limit()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 9), [.. Enumerable.Range(1, 9).Select(height => Pay(Block(height), height))]);

        (await script.PaymentsAsync(limit: 3)).Select(payment => payment.Block.Height).ShouldBe([9, 8, 7]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("9007199254740993")]
    [InlineData("18446744073709551616")]
    [InlineData("100000000000000000000000000000000000000000")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935")]
    public async Task Amounts_are_exact_up_to_256_bits(string text)
    {
        BigInteger amount = BigInteger.Parse(text, CultureInfo.InvariantCulture);
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1, amount: amount));
        await script.ForwardAsync(Blocks(2, 1000), Pay(Block(2), 2, amount: amount));

        (await script.PaymentsAsync()).ShouldAllBe(payment => payment.Amount == amount);
        (await script.DeliverAllAsync()).ShouldAllBe(one => one.Payment.Amount == amount);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("\0")]
    [InlineData("half \ud800 a pair")]
    [InlineData("\udc00\ud800")]
    [InlineData("whole \U0001F600 pair, quote ' \" \\ and newline \n")]
    [InlineData("\\x00 {} , NULL null \u2028 \ufeff")]
    public async Task Any_text_can_be_stored_and_the_same_text_is_still_the_same_after_a_reorg(string text)
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        Confirmation late = Confirmation.Blocks(2000);
        await script.ForwardAsync(Blocks(1, 2), Pay(Block(2), 1, tag: text, from: text, confirmation: late));
        (await script.PaymentAsync(1)).Tag.ShouldBe(Recorded(text));
        (await script.PaymentAsync(1)).From.ShouldBe(Recorded(text));

        await script.ReorgAsync(Point(1), Blocks(2, 2, 'b', parent: 'a'), Pay(Block(2, 'b'), 1, tag: text, from: text, confirmation: late));
        await script.ForwardAsync(Blocks(3, 1000, 'b'), Pay(Block(3, 'b'), 2, tag: text, from: text, confirmation: late));

        KindsOf(script.Events, 1).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Moved]);
        (await script.PaymentsAsync()).ShouldAllBe(payment => payment.Tag == Recorded(text) && payment.From == Recorded(text));
        await using Delivery delivery = (await script.TakeAsync())!;
        await delivery.ParkAsync(script.Now, text, Token);
        (await script.Store.ReadParkedAsync(10, Token)).ShouldHaveSingleItem().Error.ShouldBe(Recorded(text));
    }

    // ---- large batches ---------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_large_batch_comes_to_the_same_as_many_small_ones()
    {
        StoreScript small = await StartAsync("small");
        StoreScript large = new(small.Store, Named("large"));
        await large.LeadAsync();
        foreach (StoreScript script in new[] { small, large })
        {
            await script.WatchAsync(Enumerable.Range(1, 9), s_order);
        }

        List<PaymentFound> payments = [];
        for (int height = 1; height <= 600; height++)
        {
            for (int nth = 0; nth < height % 4; nth++)
            {
                payments.Add(Pay(Block(height), height, to: 1 + (height % 9), ordinal: nth, amount: height, confirmation: height % 7 == 0 ? Confirmation.Finalized : Confirmation.Blocks(12)));
            }
        }

        BatchDraft all = large.Draft(Blocks(1, 600), [.. payments]);
        all.Finalized = Point(500);
        DateTimeOffset at = all.At;
        await large.CommitAsync(all);
        for (int height = 1; height <= 600; height++)
        {
            BatchDraft draft = small.Draft(Blocks(height, height), [.. payments.Where(one => one.Block.Height == height)]);
            draft.Finalized = height > 100 ? Point(height - 100) : null;
            draft.At = at;
            await small.CommitAsync(draft);
        }

        IReadOnlyList<Payment> one = await small.PaymentsAsync();
        one.Count.ShouldBe(900);
        (await large.PaymentsAsync()).Select(payment => payment with { Chain = "" }).ShouldBe(one.Select(payment => payment with { Chain = "" }), ignoreOrder: true);
        (await large.LoadAsync()).Known.ShouldBe((await small.LoadAsync()).Known);
        large.Events.Count.ShouldBe(small.Events.Count);
        ShouldFold(large.Events, await large.PaymentsAsync());
        ShouldFold(small.Events, one);
        ShouldFold(await ReadEventsAsync(large.Store, large.Chain), await large.PaymentsAsync());
        (await large.Store.ReadOutboxAsync(Token)).Pending.ShouldBe(large.Events.Count + small.Events.Count);
    }

    [Fact]
    public async Task A_large_batch_may_go_over_blocks_of_an_abandoned_branch_that_come_back()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 10), Pay(Block(9), 1, confirmation: Confirmation.Blocks(2000)));
        await script.ReorgAsync(Point(5), Blocks(6, 6, 'b', parent: 'a'));
        await script.ReorgAsync(Point(5), []);
        await script.ForwardAsync(Blocks(6, 1000), Pay(Block(9), 1, confirmation: Confirmation.Blocks(2000)));

        (await script.LoadAsync()).Known.ShouldBe([.. Enumerable.Range(1, 1000).Select(height => Point(height))]);
        KindsOf(script.Events, 1).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Retracted, PaymentEventKind.Detected]);
    }

    // ---- coverage --------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Coverage_is_contiguous_and_grows_while_the_same_endpoint_serves()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(5, 7));
        await script.ForwardAsync(Blocks(8, 8));
        BatchDraft mixed = script.Draft(Blocks(9, 14));
        mixed.Coverage = [new(9, 9, "one", 1), new(10, 11, "two", 1), new(12, 12, "two", 1), new(13, 14, "one", 1)];
        await script.CommitAsync(mixed);
        await script.ForwardAsync(Blocks(15, 400));
        await script.ForwardAsync(Blocks(401, 401));

        (await script.Store.ReadCoverageAsync(script.Chain, 0, long.MaxValue, Token)).SelectMany(Heights).ShouldBe(
            Enumerable.Range(5, 397).Select(height => ((long)height, height is >= 10 and <= 12 ? "two" : "one")));
        (await script.Store.ReadCoverageAsync(script.Chain, 0, long.MaxValue, Token)).Count.ShouldBeLessThanOrEqualTo(4);
    }

    [Fact]
    public async Task Coverage_is_trimmed_by_a_rollback()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 4));
        BatchDraft other = script.Draft(Blocks(5, 6));
        other.Coverage = [new(5, 6, "two", 1)];
        await script.CommitAsync(other);
        BatchDraft reorg = script.Draft(Blocks(4, 5, 'b', parent: 'a'));
        reorg.RollBackTo = Point(3);
        reorg.Coverage = [new(4, 5, "three", 1)];
        await script.CommitAsync(reorg);

        (await script.Store.ReadCoverageAsync(script.Chain, 0, long.MaxValue, Token)).ShouldBe([new(1, 3, "one", 1), new(4, 5, "three", 1)]);
        await script.ReorgAsync(Point(2), []);
        (await script.Store.ReadCoverageAsync(script.Chain, 0, long.MaxValue, Token)).ShouldBe([new CoverageRange(1, 2, "one", 1)]);
    }

    // ---- watchlist -------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task A_registered_address_can_be_found_listed_and_counted()
    {
        StoreScript script = await StartAsync();
        DateTimeOffset at = script.Now;
        (await script.WatchAsync([3, 1], s_order)).Added.ShouldBe(2);
        await script.ForwardAsync(Blocks(10, 12));
        await script.WatchAsync([2]);

        WatchedAddress first = (await script.Store.FindAddressAsync(script.Chain, Address(3), Token)).ShouldNotBeNull();
        (first.Address, first.Reference, first.AddedAt).ShouldBe(("addr-3", s_order, at));
        WatchedAddress last = (await script.Store.FindAddressAsync(script.Chain, Address(2), Token)).ShouldNotBeNull();
        (last.Reference, last.FromHeight).ShouldBe((null, 13));
        (await script.Store.FindAddressAsync(script.Chain, Address(9), Token)).ShouldBeNull();
        (await script.Store.CountAddressesAsync(script.Chain, Token)).ShouldBe(3);
        (await script.Store.ListAddressesAsync(script.Chain, Token).Select(one => one.Address).ToListAsync(Token)).ShouldBe(["addr-3", "addr-1", "addr-2"]);
    }

    [Fact]
    public async Task Registering_the_same_again_changes_nothing()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1, 2], s_order);
        BatchDraft draft = script.Draft(Blocks(1, 1));

        RegistrationResult again = await script.Store.AddAddressesAsync(
            script.Chain, [script.Registration(1, s_order), script.Registration(2, s_order)], script.Now.AddDays(1), Token);

        again.Added.ShouldBe(0);
        again.BackScanIds.ShouldBeEmpty();
        (await script.Store.FindAddressAsync(script.Chain, Address(1), Token))!.AddedAt.ShouldBe(script.Now);
        // The watchlist has not moved: what was matched before is still good.
        await script.CommitAsync(draft);
    }

    [Fact]
    public async Task An_address_named_twice_in_one_registration_is_added_once()
    {
        StoreScript script = await StartAsync();

        (await script.WatchAsync([1, 1, 2], s_order)).Added.ShouldBe(2);

        (await script.Store.CountAddressesAsync(script.Chain, Token)).ShouldBe(2);
    }

    [Fact]
    public async Task An_address_with_another_reference_is_refused_and_nothing_is_registered()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1], s_order);
        BatchDraft draft = script.Draft(Blocks(1, 1));

        foreach (PaymentReference? other in new[] { PaymentReference.For("order", "7"), PaymentReference.For("user", "1042"), null })
        {
            WatchConflictException conflict = await Should.ThrowAsync<WatchConflictException>(
                async () => await script.Store.AddAddressesAsync(script.Chain, [script.Registration(2, other), script.Registration(1, other)], script.Now, Token));
            conflict.Message.ShouldContain("addr-1");
        }

        (await script.Store.FindAddressAsync(script.Chain, Address(1), Token))!.Reference.ShouldBe(s_order);
        (await script.Store.CountAddressesAsync(script.Chain, Token)).ShouldBe(1);
        await script.CommitAsync(draft);
    }

    [Fact]
    public async Task A_removed_address_is_gone_and_can_be_registered_again_for_something_else()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1], s_order);

        (await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token)).ShouldBeTrue();
        (await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token)).ShouldBeFalse();
        (await script.Store.RemoveAddressAsync(script.Chain, Address(2), Token)).ShouldBeFalse();

        (await script.Store.FindAddressAsync(script.Chain, Address(1), Token)).ShouldBeNull();
        (await script.ReadWatchlistAsync()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(change => change.Key.ShouldBe(Address(1)), change => change.Removed.ShouldBeTrue());
        (await script.WatchAsync([1])).Added.ShouldBe(1);
        (await script.Store.FindAddressAsync(script.Chain, Address(1), Token))!.Reference.ShouldBeNull();
    }

    [Fact]
    public async Task Changes_read_page_by_page_come_to_the_watchlist()
    {
        StoreScript script = await StartAsync();
        Random random = new(4711);
        HashSet<AddressKey> expected = [];
        Dictionary<int, HashSet<AddressKey>> replicas = Enumerable.Range(1, 5).ToDictionary(limit => limit, _ => new HashSet<AddressKey>());
        Dictionary<int, long> positions = replicas.Keys.ToDictionary(limit => limit, _ => 0L);
        for (int round = 0; round < 60; round++)
        {
            int number = random.Next(12);
            if (random.Next(3) == 0)
            {
                (await script.Store.RemoveAddressAsync(script.Chain, Address(number), Token)).ShouldBe(expected.Remove(Address(number)));
            }
            else
            {
                int[] numbers = [number, random.Next(12), random.Next(12)];
                await script.WatchAsync(numbers);
                expected.UnionWith(numbers.Select(Address));
            }

            int limit = random.Next(1, 6);
            long previous = positions[limit];
            WatchChanges page;
            do
            {
                page = await script.Store.ReadWatchChangesAsync(script.Chain, positions[limit], limit, Token);
                page.Changes.Count.ShouldBeLessThanOrEqualTo(limit);
                page.Sequence.ShouldBeGreaterThanOrEqualTo(previous);
                foreach (WatchChange change in page.Changes)
                {
                    change.Sequence.ShouldBeInRange(previous + 1, page.Sequence);
                    previous = change.Sequence;
                    _ = change.Removed ? replicas[limit].Remove(change.Key) : replicas[limit].Add(change.Key);
                }

                positions[limit] = page.Sequence;
            }
            while (page.More);

            replicas[limit].ShouldBe(expected, ignoreOrder: true);
        }

        // And the sequence that a page ends with is the one that a commit is measured by.
        await script.ReadWatchlistAsync(limit: 3);
        await script.ForwardAsync(Blocks(1, 1));
    }

    // ---- back-scan -------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Since_a_height_at_or_below_the_cursor_queues_a_back_scan_up_to_the_cursor()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));

        RegistrationResult result = await script.WatchAsync([1, 2], since: 4);

        BackScan scan = (await script.Store.ReadBackScanAsync(script.Chain, result.BackScanIds.ShouldHaveSingleItem(), Token)).ShouldNotBeNull();
        (scan.FromHeight, scan.ToHeight).ShouldBe((4, 10));
        scan.Keys.ShouldBe([Address(1), Address(2)], ignoreOrder: true);
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).Select(one => one.Id).ShouldBe([scan.Id]);
        (await script.Store.FindAddressAsync(script.Chain, Address(1), Token))!.FromHeight.ShouldBe(4);
    }

    [Theory]
    [InlineData(11L)]
    [InlineData(50L)]
    [InlineData(null)]
    public async Task Since_a_height_that_is_still_to_come_needs_no_back_scan(long? since)
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));

        RegistrationResult result = await script.WatchAsync([1], since: since);

        result.BackScanIds.ShouldBeEmpty();
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
        (await script.Store.FindAddressAsync(script.Chain, Address(1), Token))!.FromHeight.ShouldBe(since ?? 11);
    }

    [Fact]
    public async Task Addresses_since_different_heights_are_scanned_each_from_its_own()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));

        RegistrationResult result = await script.Store.AddAddressesAsync(
            script.Chain, [script.Registration(1, since: 4), script.Registration(2, since: 8), script.Registration(3), script.Registration(4, since: 4)], script.Now, Token);

        IReadOnlyList<BackScan> scans = await script.Store.ReadBackScansAsync(script.Chain, Token);
        scans.Select(scan => scan.Id).ShouldBe(result.BackScanIds, ignoreOrder: true);
        scans.Select(scan => (scan.FromHeight, string.Join(',', scan.Keys.Select(key => script.Chain.Format.FormatAddress(key)).Order(StringComparer.Ordinal))))
            .ShouldBe([(4, "addr-1,addr-4"), (8, "addr-2")], ignoreOrder: true);
    }

    [Fact]
    public async Task Since_a_height_before_the_chain_has_begun_waits_for_its_first_block_and_ends_below_it()
    {
        StoreScript script = await StartAsync();

        RegistrationResult result = await script.Store.AddAddressesAsync(script.Chain, [script.Registration(1, since: 2), script.Registration(2, since: 6)], script.Now, Token);
        result.BackScanIds.Count.ShouldBe(2);
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldAllBe(scan => scan.IsEarly);
        await script.ReadWatchlistAsync();
        await script.ForwardAsync(Blocks(5, 6));

        BackScan scan = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        (scan.FromHeight, scan.ToHeight, scan.IsEarly).ShouldBe((2, 4, false));
        scan.Keys.ShouldBe([Address(1)]);
    }

    [Fact]
    public async Task Since_a_height_below_the_first_block_is_scanned_also_for_an_address_that_was_registered_before_the_chain_began()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(5, 10));

        RegistrationResult result = await script.WatchAsync([1], since: 3);

        result.Added.ShouldBe(0);
        BackScan scan = (await script.Store.ReadBackScanAsync(script.Chain, result.BackScanIds.ShouldHaveSingleItem(), Token)).ShouldNotBeNull();
        (scan.FromHeight, scan.ToHeight).ShouldBe((3, 10));
        (await script.WatchAsync([1], since: 7)).BackScanIds.ShouldBe([scan.Id]);
    }

    [Fact]
    public async Task Registering_again_since_an_earlier_height_scans_the_blocks_between()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));
        RegistrationResult first = await script.WatchAsync([1], since: 8);
        RegistrationResult same = await script.WatchAsync([1], since: 8);
        RegistrationResult earlier = await script.WatchAsync([1], since: 2);

        same.Added.ShouldBe(0);
        same.BackScanIds.ShouldBe(first.BackScanIds);
        earlier.Added.ShouldBe(0);
        earlier.BackScanIds.Count.ShouldBe(2);
        earlier.BackScanIds.ShouldContain(first.BackScanIds[0]);
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).Select(scan => scan.FromHeight).ShouldBe([8, 2], ignoreOrder: true);
        (await script.Store.FindAddressAsync(script.Chain, Address(1), Token))!.FromHeight.ShouldBe(2);
    }

    [Fact]
    public async Task A_back_scan_stores_what_it_finds_piece_by_piece_and_is_forgotten_when_done()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));
        BackScan scan = await ScanAsync(script, [1], since: 2, s_order);

        CommitResult first = await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(2, 5), Pay(Block(3), 1), Pay(Block(5), 2)), Token);
        first.Outcome.ShouldBe(CommitOutcome.Committed);
        KindsOf(first.Events, 1).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        first.Events.ShouldAllBe(one => one.Payment.Reference == s_order);
        BackScan half = (await script.Store.ReadBackScanAsync(script.Chain, scan.Id, Token)).ShouldNotBeNull();
        (half.FromHeight, half.ToHeight).ShouldBe((6, 10));

        CommitResult second = await script.Store.CommitBackScanAsync(script.Piece(half, Blocks(6, 10), Pay(Block(10), 3)), Token);
        second.Outcome.ShouldBe(CommitOutcome.Committed);
        KindsOf(second.Events, 3).ShouldBe([PaymentEventKind.Detected]);
        (await script.Store.ReadBackScanAsync(script.Chain, scan.Id, Token)).ShouldBeNull();
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
        (await script.PaymentsAsync()).Count.ShouldBe(3);

        await script.ForwardAsync(Blocks(11, 12));
        (await script.PaymentAsync(3)).Status.ShouldBe(PaymentStatus.Confirmed);
        (await script.LoadAsync()).Cursor.ShouldBe(Point(12));
    }

    [Fact]
    public async Task A_piece_that_does_not_fit_is_refused()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));
        BackScan scan = await ScanAsync(script, [1], since: 2);

        BackScanBatch[] wrong =
        [
            script.Piece(scan, Blocks(3, 5), Pay(Block(3), 1)),
            script.Piece(scan, Blocks(1, 5), Pay(Block(3), 1)),
            script.Piece(scan, [Block(2), Block(3, 'b', parent: 'a')], Pay(Block(3, 'b'), 1)),
            script.Piece(scan, Blocks(2, 11), Pay(Block(3), 1)),
            script.Piece(scan, []),
            script.Piece(new BackScan { Id = scan.Id + 1000, Keys = scan.Keys, FromHeight = 2, ToHeight = 10 }, Blocks(2, 3), Pay(Block(3), 1)),
        ];
        foreach (BackScanBatch piece in wrong)
        {
            (await script.Store.CommitBackScanAsync(piece, Token)).Outcome.ShouldBe(CommitOutcome.CursorMoved);
        }

        (await script.PaymentsAsync()).ShouldBeEmpty();
        (await script.Store.ReadBackScanAsync(script.Chain, scan.Id, Token))!.FromHeight.ShouldBe(2);
    }

    [Fact]
    public async Task A_back_scan_of_an_older_term_is_refused()
    {
        StoreScript old = await StartAsync();
        await old.ForwardAsync(Blocks(1, 10));
        BackScan scan = await ScanAsync(old, [1], since: 2);
        StoreScript next = new(old.Store, old.Chain);
        await next.LeadAsync();

        (await old.Store.CommitBackScanAsync(old.Piece(scan, Blocks(2, 10), Pay(Block(3), 1)), Token)).Outcome.ShouldBe(CommitOutcome.Fenced);
        (await old.PaymentsAsync()).ShouldBeEmpty();
        (await next.Store.CommitBackScanAsync(next.Piece(scan, Blocks(2, 10), Pay(Block(3), 1)), Token)).Outcome.ShouldBe(CommitOutcome.Committed);
    }

    [Fact]
    public async Task A_rollback_lowers_the_back_scans_above_its_target()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));
        BackScan long1 = await ScanAsync(script, [1], since: 2);
        BackScan short1 = await ScanAsync(script, [2], since: 9);

        await script.ReorgAsync(Point(6), Blocks(7, 12, 'b', parent: 'a'));

        BackScan lowered = (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldHaveSingleItem();
        (lowered.Id, lowered.FromHeight, lowered.ToHeight).ShouldBe((long1.Id, 2, 6));
        (await script.Store.ReadBackScanAsync(script.Chain, short1.Id, Token)).ShouldBeNull();

        // A piece that had been read before the reorg goes too far: what lies above is the follower's, on the new branch.
        (await script.Store.CommitBackScanAsync(script.Piece(long1, Blocks(2, 10), Pay(Block(8), 1)), Token)).Outcome.ShouldBe(CommitOutcome.CursorMoved);
        (await script.Store.CommitBackScanAsync(script.Piece(lowered, Blocks(2, 6), Pay(Block(5), 2)), Token)).Outcome.ShouldBe(CommitOutcome.Committed);
        (await script.Store.ReadBackScansAsync(script.Chain, Token)).ShouldBeEmpty();
        (await script.PaymentsAsync()).ShouldHaveSingleItem().Id.TransactionId.ShouldBe(Transaction(2));
    }

    [Fact]
    public async Task What_a_back_scan_finds_stored_or_no_longer_watched_is_left_out()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1], s_order);
        await script.ForwardAsync(Blocks(1, 10), Pay(Block(3), 1));
        BackScan scan = await ScanAsync(script, [2, 3], since: 2);
        await script.Store.RemoveAddressAsync(script.Chain, Address(3), Token);
        Payment before = await script.PaymentAsync(1);

        CommitResult result = await script.Store.CommitBackScanAsync(
            script.Piece(scan, Blocks(2, 10), Pay(Block(3), 1), Pay(Block(4), 2, to: 2), Pay(Block(4), 3, to: 3)), Token);

        result.Outcome.ShouldBe(CommitOutcome.Committed);
        result.Events.Select(one => one.Payment.Id.TransactionId).Distinct().ShouldBe([Transaction(2)]);
        (await script.PaymentAsync(1)).ShouldBe(before);
        (await script.PaymentsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Of_several_who_may_take_a_payment_that_a_back_scan_finds_the_first_that_is_watched_does()
    {
        StoreScript script = await StartAsync();
        await script.ForwardAsync(Blocks(1, 10));
        BackScan scan = await ScanAsync(script, [1, 2, 3], since: 2);
        await script.Store.RemoveAddressAsync(script.Chain, Address(3), Token);

        CommitResult result = await script.Store.CommitBackScanAsync(
            script.Piece(scan, Blocks(2, 10), Pay(Block(3), 1, to: 2), Pay(Block(3), 1, to: 1), Pay(Block(4), 2, to: 3), Pay(Block(4), 2, to: 1)), Token);

        result.Events.Count(static one => one.Kind == PaymentEventKind.Detected).ShouldBe(2);
        (await script.PaymentsAsync()).Count.ShouldBe(2);
        (await script.PaymentAsync(1)).To.ShouldBe(Address(2));
        (await script.PaymentAsync(2)).To.ShouldBe(Address(1));
    }

    [Fact]
    public async Task A_retracted_payment_that_a_back_scan_finds_is_detected_again()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 3), Pay(Block(3), 1));
        await script.ReorgAsync(Point(2), Blocks(3, 3, 'b', parent: 'a'));
        await script.Store.RemoveAddressAsync(script.Chain, Address(1), Token);
        await script.ReadWatchlistAsync();
        await script.ForwardAsync(Blocks(4, 9, 'b'));
        BackScan scan = await ScanAsync(script, [1], since: 4);

        CommitResult result = await script.Store.CommitBackScanAsync(script.Piece(scan, Blocks(4, 9, 'b'), Pay(Block(5, 'b'), 1)), Token);

        KindsOf(result.Events, 1).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
        (await script.PaymentAsync(1)).Block.ShouldBe(Point(5, 'b'));
    }

    // ---- delivery --------------------------------------------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Events_are_delivered_oldest_first_and_only_once()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        await script.ForwardAsync(Blocks(2, 2), Pay(Block(2), 2));
        await script.ForwardAsync(Blocks(3, 3), Pay(Block(3), 3));
        (await script.Store.ReadOutboxAsync(Token)).ShouldBe(new OutboxState(4, script.Events[0].OccurredAt, 0));

        IReadOnlyList<PaymentEvent> delivered = await script.DeliverAllAsync();

        delivered.Select(one => one.Sequence).ShouldBe(script.Events.Select(one => one.Sequence));
        delivered.Zip(script.Events).ShouldAllBe(pair => pair.First.Payment == pair.Second.Payment && pair.First.Kind == pair.Second.Kind);
        (await script.Store.ReadOutboxAsync(Token)).ShouldBe(new OutboxState(0, null, 0));
    }

    [Fact]
    public async Task Events_of_a_batch_that_is_not_to_be_delivered_are_recorded_only()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        foreach (BlockHeader[] blocks in new[] { Blocks(1, 1), Blocks(2, 1000) })
        {
            BatchDraft draft = script.Draft(blocks, Pay(blocks[0], (int)blocks[0].Point.Height));
            draft.Deliver = false;
            await script.CommitAsync(draft);
        }

        (await script.TakeAsync()).ShouldBeNull();
        (await ReadEventsAsync(script.Store, script.Chain)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task While_an_event_is_being_delivered_nobody_else_gets_it_or_a_later_one_of_its_payment()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1), Pay(Block(1), 2));
        await script.ForwardAsync(Blocks(2, 3));

        await using Delivery first = (await script.TakeAsync()).ShouldNotBeNull();
        await using Delivery second = (await script.TakeAsync()).ShouldNotBeNull();
        (await script.TakeAsync()).ShouldBeNull();

        first.Event.Payment.Id.ShouldNotBe(second.Event.Payment.Id);
        (first.Event.Kind, second.Event.Kind).ShouldBe((PaymentEventKind.Detected, PaymentEventKind.Detected));
        await first.AcknowledgeAsync(Token);
        await using Delivery third = (await script.TakeAsync()).ShouldNotBeNull();
        (third.Event.Kind, third.Event.Payment.Id).ShouldBe((PaymentEventKind.Confirmed, first.Event.Payment.Id));
        (await script.TakeAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_delivery_that_ends_without_an_answer_is_due_again()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        await using (Delivery abandoned = (await script.TakeAsync()).ShouldNotBeNull())
        {
            abandoned.Attempt.ShouldBe(1);
        }

        await using Delivery again = (await script.TakeAsync()).ShouldNotBeNull();
        again.Attempt.ShouldBe(1);
        again.Event.Sequence.ShouldBe(script.Events[0].Sequence);
    }

    [Fact]
    public async Task A_retried_event_is_due_at_its_time_and_holds_back_the_later_ones_of_its_payment_only()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        await script.ForwardAsync(Blocks(2, 3), Pay(Block(2), 2));
        await using (Delivery failed = (await script.TakeAsync())!)
        {
            failed.Event.Payment.Id.TransactionId.ShouldBe(Transaction(1));
            await failed.RetryAsync(script.Now.AddMinutes(1), "not now", Token);
        }

        (await script.DeliverAllAsync()).Select(one => one.Payment.Id.TransactionId).ShouldBe([Transaction(2)]);
        (await script.Store.ReadOutboxAsync(Token)).Pending.ShouldBe(2);

        script.Now = script.Now.AddMinutes(1);
        await using (Delivery retried = (await script.TakeAsync()).ShouldNotBeNull())
        {
            retried.Attempt.ShouldBe(2);
            retried.Event.Kind.ShouldBe(PaymentEventKind.Detected);
            await retried.AcknowledgeAsync(Token);
        }

        (await script.DeliverAllAsync()).Select(one => (one.Kind, one.Payment.Id.TransactionId)).ShouldBe([(PaymentEventKind.Confirmed, Transaction(1))]);
    }

    [Fact]
    public async Task A_parked_event_waits_with_all_later_ones_of_its_payment_until_it_is_replayed()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1));
        long poison;
        DateTimeOffset parkedAt = script.Now;
        await using (Delivery failed = (await script.TakeAsync())!)
        {
            await failed.RetryAsync(script.Now, "once", Token);
        }

        await using (Delivery failed = (await script.TakeAsync())!)
        {
            poison = failed.Event.Sequence;
            failed.Attempt.ShouldBe(2);
            await failed.ParkAsync(parkedAt, "twice", Token);
        }

        await script.ForwardAsync(Blocks(2, 4), Pay(Block(2), 2));
        (await script.DeliverAllAsync()).Select(one => one.Payment.Id.TransactionId).ShouldBe([Transaction(2), Transaction(2)]);
        OutboxState state = await script.Store.ReadOutboxAsync(Token);
        (state.Pending, state.Parked).ShouldBe((1, 1));
        ParkedDelivery parked = (await script.Store.ReadParkedAsync(10, Token)).ShouldHaveSingleItem();
        (parked.Event.Sequence, parked.Attempts, parked.Error, parked.ParkedAt).ShouldBe((poison, 2, "twice", parkedAt));
        parked.Event.Payment.ShouldBe(script.Events.Single(one => one.Sequence == poison).Payment);

        (await script.Store.ReplayAsync(poison + 1000, Token)).ShouldBeFalse();
        (await script.Store.ReplayAsync(poison, Token)).ShouldBeTrue();
        (await script.Store.ReplayAsync(poison, Token)).ShouldBeFalse();
        (await script.Store.ReadParkedAsync(10, Token)).ShouldBeEmpty();
        await using (Delivery replayed = (await script.TakeAsync())!)
        {
            replayed.Attempt.ShouldBe(1);
        }

        (await script.DeliverAllAsync()).Select(one => one.Kind).ShouldBe([PaymentEventKind.Detected, PaymentEventKind.Confirmed]);
    }

    [Fact]
    public async Task A_delivery_tells_the_payment_as_it_was_right_after_the_event()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 4), Pay(Block(2), 1, amount: 100));
        await script.ReorgAsync(Point(1), Blocks(2, 4, 'b', parent: 'a'), Pay(Block(3, 'b'), 1, amount: 90));

        IReadOnlyList<PaymentEvent> delivered = await script.DeliverAllAsync();

        delivered.Select(one => (one.Kind, one.Payment.Amount, one.Payment.Block, one.Payment.Status)).ShouldBe(
        [
            (PaymentEventKind.Detected, 100, Point(2), PaymentStatus.Detected),
            (PaymentEventKind.Confirmed, 100, Point(2), PaymentStatus.Confirmed),
            (PaymentEventKind.Retracted, 100, Point(2), PaymentStatus.Retracted),
            (PaymentEventKind.Detected, 90, Point(3, 'b'), PaymentStatus.Detected),
        ]);
        delivered[2].Cause.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Many_workers_deliver_each_event_once_and_in_order_for_each_payment()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        const int Payments = 60;
        await script.ForwardAsync(Blocks(1, 1), [.. Enumerable.Range(1, Payments).Select(number => Pay(Block(1), number))]);
        await script.ForwardAsync(Blocks(2, 3));
        await script.ReorgAsync(Point(1), Blocks(2, 3, 'b', parent: 'a'));
        await script.ReorgAsync(script.Cursor!.Value with { Height = 1, Hash = Point(1).Hash, Slot = Point(1).Slot }, []);
        List<PaymentEvent> delivered = [];
        Dictionary<PaymentId, int> running = [];
        Lock guard = new();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(WorkAsync));

        delivered.Select(one => one.Sequence).Order().ShouldBe(script.Events.Select(one => one.Sequence).Order());
        foreach (IGrouping<PaymentId, PaymentEvent> payment in delivered.GroupBy(one => one.Payment.Id))
        {
            payment.Select(one => one.Sequence).ShouldBeInOrder();
        }

        async Task WorkAsync(int worker)
        {
            await Task.Yield();
            Random random = new(worker);
            while ((await script.Store.ReadOutboxAsync(Token)).Pending > 0)
            {
                await using Delivery? delivery = await script.TakeAsync();
                if (delivery is null)
                {
                    continue;
                }

                lock (guard)
                {
                    running[delivery.Event.Payment.Id] = running.GetValueOrDefault(delivery.Event.Payment.Id) + 1;
                    running[delivery.Event.Payment.Id].ShouldBe(1);
                }

                await Task.Yield();
                bool fail = random.Next(4) == 0;
                lock (guard)
                {
                    running[delivery.Event.Payment.Id]--;
                    if (!fail)
                    {
                        delivered.Add(delivery.Event);
                    }
                }

                if (fail)
                {
                    await delivery.RetryAsync(script.Now, "again", Token);
                }
                else
                {
                    await delivery.AcknowledgeAsync(Token);
                }
            }
        }
    }

    [Fact]
    public async Task Acknowledging_an_event_and_taking_the_next_in_one_goes_through_the_outbox_as_taking_alone_does()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), [.. Enumerable.Range(1, 40).Select(number => Pay(Block(1), number))]);
        await script.ForwardAsync(Blocks(2, 3));
        List<long> delivered = [];

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => WorkAsync()));

        delivered.Order().ShouldBe(script.Events.Select(one => one.Sequence).Order());
        script.Events.Count.ShouldBe(80);
        (await script.Store.ReadOutboxAsync(Token)).Pending.ShouldBe(0);

        async Task WorkAsync()
        {
            await Task.Yield();
            Delivery? next = await script.TakeAsync();
            while (next is not null)
            {
                await using Delivery delivery = next;
                lock (delivered)
                {
                    delivered.Add(delivery.Event.Sequence);
                }

                next = await delivery.AcknowledgeAndTakeAsync(script.Now, Token);
            }
        }
    }

    [Fact]
    public async Task The_next_event_that_was_taken_with_an_acknowledgement_can_be_given_back_and_put_off()
    {
        StoreScript script = await StartAsync();
        await script.WatchAsync([1]);
        await script.ForwardAsync(Blocks(1, 1), Pay(Block(1), 1), Pay(Block(1), 2), Pay(Block(1), 3));
        await using (Delivery first = (await script.TakeAsync())!)
        {
            await using Delivery second = (await first.AcknowledgeAndTakeAsync(script.Now, Token))!;
            second.Event.Sequence.ShouldBe(script.Events[1].Sequence);
            await second.RetryAsync(script.Now.AddHours(1), "later", Token);
        }

        await using (Delivery third = (await script.TakeAsync())!)
        {
            third.Event.Sequence.ShouldBe(script.Events[2].Sequence);
            (await third.AcknowledgeAndTakeAsync(script.Now, Token)).ShouldBeNull();
        }

        (await script.Store.ReadOutboxAsync(Token)).Pending.ShouldBe(1);
    }

    private async Task<StoreScript> StartAsync(string chain = "chain")
    {
        StoreScript script = new(await CreateStoreAsync(), Named(chain));
        await script.LeadAsync();
        return script;
    }

    private static async Task<BackScan> ScanAsync(StoreScript script, IEnumerable<int> numbers, long since, PaymentReference? reference = null)
    {
        RegistrationResult result = await script.WatchAsync(numbers, reference, since);
        return (await script.Store.ReadBackScanAsync(script.Chain, result.BackScanIds.ShouldHaveSingleItem(), Token)).ShouldNotBeNull();
    }

    private static PaymentEventKind[] KindsOf(IEnumerable<PaymentEvent> events, int transaction) =>
        [.. events.Where(one => one.Payment.Id.TransactionId == Transaction(transaction)).OrderBy(one => one.Sequence).Select(one => one.Kind)];

    private static void ShouldFold(IEnumerable<PaymentEvent> events, IReadOnlyList<Payment> payments)
    {
        Dictionary<PaymentId, Payment> folded = [];
        foreach (PaymentEvent one in events.OrderBy(one => one.Sequence))
        {
            folded[one.Payment.Id] = one.Payment;
        }

        folded.Values.ShouldBe(payments, ignoreOrder: true);
    }

    private static IEnumerable<(long Height, string Endpoint)> Heights(CoverageRange range)
    {
        for (long height = range.FromHeight; height <= range.ToHeight; height++)
        {
            yield return (height, range.Endpoint);
        }
    }
}
