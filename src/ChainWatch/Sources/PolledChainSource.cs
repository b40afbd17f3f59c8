using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>Turns any <see cref="IBlockReader"/> into the ordered stream of a chain. Reorg logic exists here, and nowhere else.</summary>
public sealed class PolledChainSource : IChainSource
{
    /// <summary>Creates a source.</summary>
    public PolledChainSource(Chain chain, IBlockReader reader, PolledSourceOptions options, ChainStatus status, TimeProvider timeProvider)
    {
        _ = (chain, reader, options, status, timeProvider);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }
}
