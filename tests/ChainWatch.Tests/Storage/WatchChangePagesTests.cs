using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class WatchChangePagesTests
{
    private static readonly Chain s_chain = new SimulatedChain().Chain;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1000)]
    public async Task What_is_registered_and_removed_while_pages_are_read_is_known_as_by_the_store(int limit)
    {
        InMemoryWatchStore store = new();
        Random random = new(4711 + limit);
        await RegisterAsync([.. Enumerable.Range(0, 30).Select(Key)]);
        int asked = 0;
        List<long> after = [];
        IWatchStore changing = PagedWatchlist.Create(async (sequence, token) =>
        {
            after.Add(sequence);
            // Before each question, and after it, when a page is on its way that does not have it.
            await ChangeAsync();
            WatchChanges page = await store.ReadWatchChangesAsync(s_chain, sequence, limit, token);
            await ChangeAsync();
            return page;
        });
        AddressSet set = AddressSet.Create(s_chain.Format.AddressKeyLength);
        List<long> ends = [0];

        await WatchChangePages.ReadAsync(changing, s_chain, 0, limit, Take, Token);
        after.ShouldBe(ends.SkipLast(1), "each page begins where the one before it ended");

        // As after a commit that was told that the watchlist has moved.
        await WatchChangePages.ReadAsync(store, s_chain, set.Sequence, limit, Take, Token);
        List<AddressKey> watched = [];
        await foreach (WatchedAddress address in store.ListAddressesAsync(s_chain, Token))
        {
            watched.Add(address.Key);
        }

        set.Keys.ShouldBe(watched, ignoreOrder: true);
        set.Count.ShouldBe(watched.Count);

        void Take(WatchChanges page)
        {
            set = set.Apply(page);
            ends.Add(page.Sequence);
        }

        async Task ChangeAsync()
        {
            if (asked++ < 60)
            {
                await store.RemoveAddressAsync(s_chain, Key(random.Next(40)), Token);
                await RegisterAsync(Key(random.Next(40)));
            }
        }

        async Task RegisterAsync(params AddressKey[] keys) =>
            await store.AddAddressesAsync(s_chain, [.. keys.Select(static key => new WatchRegistration { Key = key, Address = key.ToString() })], DateTimeOffset.UnixEpoch, Token);
    }

    [Fact]
    public async Task The_next_page_is_on_its_way_while_one_is_taken_in_and_no_more_than_that()
    {
        List<string> happened = [];
        IWatchStore store = PagedWatchlist.Create((sequence, _) =>
        {
            happened.Add($"ask {sequence}");
            return Task.FromResult(Page(sequence, more: sequence < 2));
        });

        await WatchChangePages.ReadAsync(store, s_chain, 0, 1, page => happened.Add($"take {page.Sequence}"), Token);

        happened.ShouldBe(["ask 0", "ask 1", "take 1", "ask 2", "take 2", "take 3"]);
    }

    [Fact]
    public async Task Where_a_page_cannot_be_taken_in_the_question_for_the_next_one_is_over_first()
    {
        bool over = false;
        IWatchStore store = PagedWatchlist.Create((sequence, token) => sequence == 0 ? Task.FromResult(Page(0, more: true)) : AnswerNeverAsync(token));

        await Should.ThrowAsync<InvalidDataException>(WatchChangePages.ReadAsync(store, s_chain, 0, 1, static _ => throw new InvalidDataException(), Token));

        over.ShouldBeTrue();

        async Task<WatchChanges> AnswerNeverAsync(CancellationToken token)
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }
            finally
            {
                await Task.Yield();
                over = true;
            }

            return Page(1, more: false);
        }
    }

    [Fact]
    public async Task Who_cancels_is_told_no_further_page()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        List<long> taken = [];
        IWatchStore store = PagedWatchlist.Create(async (sequence, token) =>
        {
            if (sequence == 2)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            return Page(sequence, more: true);
        });

        await Should.ThrowAsync<OperationCanceledException>(WatchChangePages.ReadAsync(store, s_chain, 0, 1, page =>
        {
            taken.Add(page.Sequence);
            if (page.Sequence == 2)
            {
                stop.Cancel();
            }
        }, stop.Token));

        taken.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_store_that_does_not_look_at_the_token_is_not_asked_without_end()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        int asked = 0;
        IWatchStore store = PagedWatchlist.Create((sequence, _) =>
        {
            if (++asked == 5)
            {
                stop.Cancel();
            }

            return asked < 50 ? Task.FromResult(Page(sequence, more: true)) : throw new InvalidOperationException("It goes on.");
        });

        await Should.ThrowAsync<OperationCanceledException>(WatchChangePages.ReadAsync(store, s_chain, 0, 1, static _ => { }, stop.Token));

        asked.ShouldBe(5);
    }

    private static AddressKey Key(int number) => SimulatedFormat.Key($"address {number}");

    private static WatchChanges Page(long after, bool more) => new() { Changes = [new WatchChange(after + 1, Key((int)after), Removed: false)], Sequence = after + 1, More = more };
}
