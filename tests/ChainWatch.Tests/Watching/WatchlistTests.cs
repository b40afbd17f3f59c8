using ChainWatch.Testing;

namespace ChainWatch.Tests;

public sealed class WatchlistTests
{
    private readonly Chain _chain = new SimulatedChain().Chain;
    private readonly List<int> _pages = [];
    private readonly Watchlist _watchlist;

    public WatchlistTests()
    {
        IWatchStore store = StoreProxy.Before(new InMemoryWatchStore(), (method, arguments) =>
        {
            if (method == nameof(IWatchStore.AddAddressesAsync))
            {
                _pages.Add(((IReadOnlyList<WatchRegistration>)arguments[1]!).Count);
            }
        });
        _watchlist = new Watchlist(store, [_chain], new EngineSignals(), TimeProvider.System);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_addresses_are_registered_page_by_page_so_that_commits_come_in_between()
    {
        (await _watchlist.AddAsync(_chain.Name, Requests(12_000, since: null), Token)).ShouldBe(12_000);

        _pages.ShouldBe([5_000, 5_000, 2_000]);
        (await _watchlist.CountAsync(_chain.Name, Token)).ShouldBe(12_000);
        (await _watchlist.AddAsync(_chain.Name, Requests(12_001, since: null), Token)).ShouldBe(1);
    }

    [Fact]
    public async Task Addresses_with_a_height_are_registered_at_once_since_each_page_would_have_the_same_blocks_read_again()
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task adding = _watchlist.AddAsync(_chain.Name, Requests(6_000, since: 0), stop.Token);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => adding);
        _pages.ShouldBe([6_000]);
    }

    private static WatchRequest[] Requests(int count, long? since) => [.. Enumerable.Range(0, count).Select(number => new WatchRequest { Address = SimulatedFormat.Address($"{number}"), Since = since })];
}
