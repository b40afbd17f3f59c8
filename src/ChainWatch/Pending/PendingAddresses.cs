using Microsoft.Extensions.Logging;

namespace ChainWatch;

/// <summary>
/// The watched addresses of a chain as they are now, for who looks at transactions that wait to be mined: those that blocks are matched against, and what was registered and removed since. Blocks learn
/// of a registration when the next one is committed, which is soon enough for them; but whoever was given an address of their own pays it before that.
/// </summary>
/// <remarks>
/// Of what was registered and removed since the last commit at most <see cref="MostChanges"/> are kept, or a page more; the rest is known with the next commit. It is for one reader, not for several
/// threads at once.
/// </remarks>
public sealed partial class PendingAddresses
{
    /// <summary>How many registrations and removals are kept beside the addresses that blocks are matched against.</summary>
    public const int MostChanges = 100_000;

    /// <summary>How many are read at once: the rest is read at the next looks, so that a large import does not hold up what is told of the others.</summary>
    private const int Page = 20_000;

    private readonly Chain _chain;
    private readonly IWatchStore _store;
    private readonly Func<AddressSet> _matched;
    private readonly ILogger _logger;

    // Beside the set and not in it: the sets that blocks are matched against share one table, and an entry of somebody else's would have the follower copy all of it with its next address.
    private readonly Dictionary<AddressKey, WatchChange> _since = [];
    private AddressSet _base;
    private long _sequence;
    private bool _failing;

    /// <param name="chain">The chain.</param>
    /// <param name="store">Where its watchlist is.</param>
    /// <param name="matched">The addresses that its blocks are matched against, as they are when it is called.</param>
    /// <param name="logger">The log.</param>
    public PendingAddresses(Chain chain, IWatchStore store, Func<AddressSet> matched, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(matched);
        ArgumentNullException.ThrowIfNull(logger);
        _chain = chain;
        _store = store;
        _matched = matched;
        _logger = logger;
        _base = matched();
        _sequence = _base.Sequence;
    }

    /// <summary>
    /// Takes in what was registered and removed since the last time, which is one question to the store. Where it does not answer, what is known stays, and the next update catches up.
    /// </summary>
    /// <returns>The addresses that were registered since. A transaction that was looked at before may pay them.</returns>
    public async ValueTask<IReadOnlyList<AddressKey>> UpdateAsync(CancellationToken cancellationToken)
    {
        TakeMatched();
        if (_since.Count >= MostChanges)
        {
            return [];
        }

        WatchChanges page;
        try
        {
            page = await _store.ReadWatchChangesAsync(_chain, _sequence, Page, cancellationToken);
            _failing = false;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_failing)
            {
                LogUnread(_chain.Name, exception);
            }

            _failing = true;
            return [];
        }

        List<AddressKey> added = [];
        foreach (WatchChange change in page.Changes)
        {
            if (!change.Removed)
            {
                added.Add(change.Key);
            }

            if (change.Sequence > _base.Sequence)
            {
                _since[change.Key] = change;
            }
        }

        _sequence = page.Sequence;
        return added;
    }

    /// <summary>Whether the address with these key bytes is watched, as of the last update. Bytes of another length are no address.</summary>
    public bool Contains(ReadOnlySpan<byte> key) =>
        _since.Count > 0 && key.Length == _base.KeyLength && _since.TryGetValue(new AddressKey(key), out WatchChange change) ? !change.Removed : _base.Contains(key);

    /// <summary>What a commit has taken in need not be kept here.</summary>
    private void TakeMatched()
    {
        AddressSet matched = _matched();
        if (ReferenceEquals(matched, _base))
        {
            return;
        }

        _base = matched;
        foreach ((AddressKey key, WatchChange change) in _since)
        {
            if (change.Sequence <= matched.Sequence)
            {
                _since.Remove(key);
            }
        }
    }

    [LoggerMessage(EventId = 1062, EventName = "PendingAddressesUnread", Level = LogLevel.Warning, Message = "Chain {Chain}: addresses registered since the last commit could not be read for transactions that wait to be mined; tried again with each look. Payments in blocks are not affected")]
    private partial void LogUnread(string chain, Exception exception);
}
