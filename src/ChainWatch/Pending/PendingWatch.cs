namespace ChainWatch;

/// <summary>Watches the transactions of a chain that wait to be mined, until it is cancelled.</summary>
/// <param name="watched">The watched addresses, to be updated before each look.</param>
/// <param name="tell">Takes what was seen, in order.</param>
/// <param name="cancellationToken">Ends the watching.</param>
public delegate Task PendingWatch(PendingAddresses watched, Func<PendingChange, CancellationToken, Task> tell, CancellationToken cancellationToken);
