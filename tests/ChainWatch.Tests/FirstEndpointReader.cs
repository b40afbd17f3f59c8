namespace ChainWatch.Tests;

/// <summary>Asks the first endpoint, as a pool does that is content with it, unless <see cref="EndpointChoice"/> says otherwise.</summary>
internal sealed class FirstEndpointReader(IBlockReader inner, string first) : IBlockReader
{
    public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => AskAsync(() => inner.ReadTipAsync(cancellationToken), cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => AskAsync(() => inner.ReadHeaderAsync(hash, cancellationToken), cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken) => AskAsync(() => inner.ReadHeaderAtAsync(height, cancellationToken), cancellationToken);

    public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) =>
        AskAsync(() => inner.ReadBlockAsync(hash, watched, cancellationToken), cancellationToken);

    public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) =>
        AskAsync(() => inner.ReadBlocksAsync(fromHeight, count, watched, cancellationToken), cancellationToken);

    private ValueTask<T> AskAsync<T>(Func<ValueTask<T>> question, CancellationToken cancellationToken) =>
        EndpointChoice.IsFree ? EndpointChoice.AskAsync(name => string.Equals(name, first, StringComparison.Ordinal), question, cancellationToken) : question();
}
