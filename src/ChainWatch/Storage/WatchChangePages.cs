namespace ChainWatch;

/// <summary>All changes of a watchlist after a sequence, page by page.</summary>
internal static class WatchChangePages
{
    /// <summary>
    /// Reads pages until there are no more, and has each taken in while the next one is on its way: a start waits for the slower of the two, not for both. Each page begins where the one before it ended,
    /// which is known before it is taken in, so what is read is what it would be one after the other; no more than two pages are held.
    /// </summary>
    /// <param name="store">Where the changes are.</param>
    /// <param name="chain">Whose watchlist it is.</param>
    /// <param name="afterSequence">Everything up to it is known.</param>
    /// <param name="limit">The most changes in a page.</param>
    /// <param name="take">Takes a page in: one at a time, in their order.</param>
    /// <param name="cancellationToken">Ends it between two pages.</param>
    public static async Task ReadAsync(IWatchStore store, Chain chain, long afterSequence, int limit, Action<WatchChanges> take, CancellationToken cancellationToken)
    {
        WatchChanges page = await store.ReadWatchChangesAsync(chain, afterSequence, limit, cancellationToken);
        if (!page.More)
        {
            take(page);
            return;
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (page.More)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task<WatchChanges> next = store.ReadWatchChangesAsync(chain, page.Sequence, limit, stop.Token).AsTask();
            try
            {
                take(page);
            }
            catch
            {
                // Nothing of it may run on behind whoever asked.
                stop.CancelNow();
                await Task.WhenAny(next);
                throw;
            }

            page = await next;
        }

        take(page);
    }
}
