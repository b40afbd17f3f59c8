namespace ChainWatch.Bitcoin;

/// <summary>One way of hearing that a node has a new block.</summary>
internal interface ITipListener
{
    /// <summary>Its name for the log: never a URL.</summary>
    string Name { get; }

    /// <summary>Listens until cancelled, or until it fails.</summary>
    /// <param name="announce">Takes the news, with the block where it is known.</param>
    /// <param name="cancellationToken">Ends the listening.</param>
    Task ListenAsync(Action<ChainPoint?> announce, CancellationToken cancellationToken);
}
