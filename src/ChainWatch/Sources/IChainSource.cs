namespace ChainWatch;

/// <summary>Turns endpoints into an ordered stream of updates. Chains that are polled implement <see cref="IBlockReader"/> instead.</summary>
public interface IChainSource
{
    /// <summary>
    /// Tells the chain from where the request says, without end: each block's parent is the block told before it, and each rollback names a point already told or
    /// held. Problems with endpoints are the source's own to retry; it throws only where it must not go on.
    /// </summary>
    /// <exception cref="FinalityViolationException">The chain replaced blocks that it had called final.</exception>
    IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, CancellationToken cancellationToken);
}
