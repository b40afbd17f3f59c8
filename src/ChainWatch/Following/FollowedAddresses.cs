namespace ChainWatch;

/// <summary>What the follower looks for: the watched addresses as far as they are known, and payments of addresses that are no longer watched where their blocks are about to be replaced.</summary>
/// <param name="chain">The chain.</param>
/// <param name="store">Where the watchlist is.</param>
/// <param name="page">How many changes of it are read at once.</param>
internal sealed class FollowedAddresses(Chain chain, IWatchStore store, int page)
{
    /// <summary>The watched addresses as far as they are known.</summary>
    public AddressSet Watched { get; private set; } = AddressSet.Create(chain.Format.AddressKeyLength);

    /// <summary>What blocks are to be read for.</summary>
    public AddressSet Wanted { get; private set; } = AddressSet.Create(chain.Format.AddressKeyLength);

    /// <summary>The payments that are looked for although their addresses are no longer watched.</summary>
    public UnwatchedPayments Unwatched { get; private set; } = new(chain.Format.AddressKeyLength, []);

    /// <summary>Begins with addresses that are known already.</summary>
    public void Begin(AddressSet watched)
    {
        Watched = watched;
        Wanted = watched;
    }

    /// <summary>
    /// Brings the watched addresses up to date, and what is pending with them: blocks in flight are matched against the newer addresses, so that an address whose
    /// registration was committed first is never missed. False when a block must be read again for that.
    /// </summary>
    /// <param name="pending">What is about to be committed; <see langword="null"/> before there is anything.</param>
    /// <param name="blocks">Its blocks, and those that were taken in after them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<bool> UpdateAsync(PendingBatch? pending, IReadOnlyList<PendingBlock> blocks, CancellationToken cancellationToken)
    {
        HashSet<AddressKey> added = [];
        HashSet<AddressKey> touched = [];
        await WatchChangePages.ReadAsync(store, chain, Watched.Sequence, page, Take, cancellationToken);
        Wanted = Watched.Add(Unwatched.Keys);
        if (pending is null || touched.Count == 0)
        {
            return true;
        }

        await TakeUnwatchedAsync(pending, cancellationToken);
        if (!Unwatched.IsEmpty || chain.Format.SharesBalances)
        {
            // Where addresses share an account, what one of them no longer takes is another's, and what a new one takes was another's.
            return blocks.All(block => block.MatchAnew(Watched, Unwatched));
        }

        AddressSet newer = AddressSet.Create(Watched.KeyLength, added.Count).Add(added);
        foreach (PendingBlock block in blocks)
        {
            block.Forget(touched);
            if (!block.Match(newer))
            {
                return false;
            }
        }

        return true;

        void Take(WatchChanges changes)
        {
            Watched = Watched.Apply(changes);
            if (pending is not null)
            {
                foreach (WatchChange change in changes.Changes)
                {
                    touched.Add(change.Key);
                    _ = change.Removed ? added.Remove(change.Key) : added.Add(change.Key);
                }
            }
        }
    }

    /// <summary>A payment outlives the watching of its address. Where its block is about to be replaced, it is looked for in the new branch like any other.</summary>
    public async Task TakeUnwatchedAsync(PendingBatch pending, CancellationToken cancellationToken)
    {
        if (pending.RollBackTo is { } target)
        {
            Unwatched = new UnwatchedPayments(Watched.KeyLength, await store.ReadUnwatchedPaymentsAsync(chain, target.Height, cancellationToken));
            Wanted = Watched.Add(Unwatched.Keys);
        }
        else if (!Unwatched.IsEmpty)
        {
            Unwatched = new UnwatchedPayments(Watched.KeyLength, []);
            Wanted = Watched;
        }
    }
}
