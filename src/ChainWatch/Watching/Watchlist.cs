using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>The watchlist over a store: parses addresses, registers them, and waits for back-scans.</summary>
internal sealed class Watchlist : IWatchlist
{
    /// <summary>How many addresses are registered in one transaction: it holds up commits, and must take a fraction of a second.</summary>
    private const int Page = 5_000;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly IWatchStore _store;
    private readonly Dictionary<string, Chain> _chains;
    private readonly EngineSignals _signals;
    private readonly TimeProvider _time;

    public Watchlist(IWatchStore store, IEnumerable<Chain> chains, EngineSignals signals, TimeProvider time)
    {
        _store = store;
        _chains = chains.ToDictionary(static chain => chain.Name, StringComparer.OrdinalIgnoreCase);
        _signals = signals;
        _time = time;
    }

    public async Task<bool> AddAsync(string chain, string address, PaymentReference? reference, CancellationToken cancellationToken) =>
        await AddAsync(chain, [new WatchRequest { Address = address, Reference = reference }], cancellationToken) > 0;

    public async Task<bool> AddAsync(string chain, string address, PaymentReference? reference, long since, CancellationToken cancellationToken) =>
        await AddAsync(chain, [new WatchRequest { Address = address, Reference = reference, Since = since }], cancellationToken) > 0;

    public async Task<int> AddAsync(string chain, IReadOnlyCollection<WatchRequest> requests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        Chain found = Find(chain);
        Dictionary<AddressKey, WatchRegistration> registrations = new(requests.Count);
        foreach (WatchRequest request in requests)
        {
            if (request.Since < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(requests), request.Since, $"'since' of {request.Address} is a height: 0 or more.");
            }

            AddressKey key = found.Format.ParseAddress(request.Address);
            WatchRegistration registration = new()
            {
                Key = key,
                Address = found.Format.FormatAddress(key),
                Reference = request.Reference,
                Since = request.Since,
            };
            if (!registrations.TryAdd(key, registration) && registrations[key].Reference != request.Reference)
            {
                throw new WatchConflictException(found.Name, registration.Address, registrations[key].Reference, request.Reference);
            }
        }

        int added = 0;
        // Addresses with a height go at once: each call would have the same blocks read once more.
        foreach (WatchRegistration[] page in registrations.Values.Where(static one => one.Since is null).Chunk(Page).Append([.. registrations.Values.Where(static one => one.Since is not null)]))
        {
            if (page.Length == 0)
            {
                continue;
            }

            long started = _time.GetTimestamp();
            added += await AddAsync(found, page, cancellationToken);
            if (page.Length == Page)
            {
                // The chain's next commit waits for each page, and has to learn of it: it gets as much time as the page took.
                await Task.Delay(_time.GetElapsedTime(started), _time, cancellationToken);
            }
        }

        return added;
    }

    public async Task<bool> RemoveAsync(string chain, string address, CancellationToken cancellationToken)
    {
        Chain found = Find(chain);
        return await _store.RemoveAddressAsync(found, found.Format.ParseAddress(address), cancellationToken);
    }

    public async Task<WatchedAddress?> FindAsync(string chain, string address, CancellationToken cancellationToken)
    {
        Chain found = Find(chain);
        return await _store.FindAddressAsync(found, found.Format.ParseAddress(address), cancellationToken);
    }

    public async IAsyncEnumerable<WatchedAddress> ListAsync(string chain, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (WatchedAddress address in _store.ListAddressesAsync(Find(chain), cancellationToken))
        {
            yield return address;
        }
    }

    public async Task<long> CountAsync(string chain, CancellationToken cancellationToken) => await _store.CountAddressesAsync(Find(chain), cancellationToken);

    private async Task<int> AddAsync(Chain chain, IReadOnlyList<WatchRegistration> registrations, CancellationToken cancellationToken)
    {
        RegistrationResult result = await _store.AddAddressesAsync(chain, registrations, _time.GetUtcNow(), cancellationToken);
        if (result.BackScanIds.Count > 0)
        {
            _signals.BackScanQueued.Pulse();
        }

        foreach (long id in result.BackScanIds)
        {
            await WaitForBackScanAsync(chain, id, cancellationToken);
        }

        return result.Added;
    }

    private Chain Find(string chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return _chains.TryGetValue(chain, out Chain? found) ? found : throw new UnknownChainException(chain, _chains.Keys);
    }

    /// <summary>The back-scan is the leader's work, perhaps on another instance: its record says when it is done.</summary>
    private async Task WaitForBackScanAsync(Chain chain, long id, CancellationToken cancellationToken)
    {
        while (true)
        {
            long version = _signals.BackScanMoved.Version;
            if (await _store.ReadBackScanAsync(chain, id, cancellationToken) is not { IsDone: false })
            {
                return;
            }

            await _signals.BackScanMoved.WaitAsync(version, LookInterval, _time, cancellationToken);
        }
    }
}
