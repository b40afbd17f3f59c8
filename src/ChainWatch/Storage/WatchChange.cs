namespace ChainWatch;

/// <summary>One change of a watchlist.</summary>
/// <param name="Sequence">The change's number: grows by commit order, so who has read up to a number has missed nothing before it.</param>
/// <param name="Key">The address.</param>
/// <param name="Removed">True when it was removed, false when it was added.</param>
public readonly record struct WatchChange(long Sequence, AddressKey Key, bool Removed);
