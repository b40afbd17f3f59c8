// What stands around a line that registers an address.
IWatchlist watchlist = null!;
CancellationToken cancellationToken = default;

//FRAGMENT
