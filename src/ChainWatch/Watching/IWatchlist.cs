namespace ChainWatch;

/// <summary>Registers the addresses to watch. An address whose registration has returned is matched in every block that is committed afterwards, on whichever instance leads.</summary>
public interface IWatchlist
{
    /// <summary>Watches an address from the next block on.</summary>
    /// <returns>True when it is new; false when it was watched already with the same reference.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    /// <exception cref="AddressFormatException">The address is not one of this chain.</exception>
    /// <exception cref="WatchConflictException">The address is watched already with another reference.</exception>
    Task<bool> AddAsync(string chain, string address, PaymentReference? reference, CancellationToken cancellationToken);

    /// <summary>
    /// Watches an address from a height on. Where blocks from that height on are committed already, they are read again: the task completes when that is done and the
    /// payments in them are stored. Cancelling the wait does not cancel the registration.
    /// </summary>
    /// <returns>True when it is new; false when it was watched already with the same reference.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    /// <exception cref="AddressFormatException">The address is not one of this chain.</exception>
    /// <exception cref="WatchConflictException">The address is watched already with another reference.</exception>
    Task<bool> AddAsync(string chain, string address, PaymentReference? reference, long since, CancellationToken cancellationToken);

    /// <summary>
    /// Watches many addresses: up to 5,000, and all that have <see cref="WatchRequest.Since"/>, at once, all of them or none; more than that page by page, with pauses in which
    /// blocks are committed. A failure leaves the pages before it registered, and the same call again registers the rest.
    /// </summary>
    /// <returns>How many are new.</returns>
    /// <exception cref="UnknownChainException">No chain of this name is configured.</exception>
    /// <exception cref="AddressFormatException">An address is not one of this chain.</exception>
    /// <exception cref="WatchConflictException">An address is watched already with another reference.</exception>
    Task<int> AddAsync(string chain, IReadOnlyCollection<WatchRequest> requests, CancellationToken cancellationToken);

    /// <summary>Ends the watching of an address. Payments found so far stay, and live on to their confirmation.</summary>
    /// <returns>False when it was not watched.</returns>
    Task<bool> RemoveAsync(string chain, string address, CancellationToken cancellationToken);

    /// <summary>One watched address; <see langword="null"/> when it is not watched.</summary>
    Task<WatchedAddress?> FindAsync(string chain, string address, CancellationToken cancellationToken);

    /// <summary>The watched addresses of a chain, in the order of their registration.</summary>
    IAsyncEnumerable<WatchedAddress> ListAsync(string chain, CancellationToken cancellationToken);

    /// <summary>How many addresses of a chain are watched.</summary>
    Task<long> CountAsync(string chain, CancellationToken cancellationToken);
}
