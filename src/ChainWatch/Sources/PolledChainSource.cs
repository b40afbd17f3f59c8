using System.Runtime.CompilerServices;

namespace ChainWatch;

/// <summary>
/// Turns any <see cref="IBlockReader"/> into the ordered stream of a chain: gaps filled, blocks fetched ahead, rollbacks found by walking parent hashes to the common
/// ancestor. Reorg logic exists here, and nowhere else.
/// </summary>
public sealed class PolledChainSource : IChainSource
{
    private readonly Chain _chain;
    private readonly IBlockReader _reader;
    private readonly PolledSourceOptions _options;
    private readonly ChainStatus _status;
    private readonly TimeProvider _time;

    /// <summary>Creates a source.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="reader">What reads its tip and blocks.</param>
    /// <param name="options">How to read.</param>
    /// <param name="status">Where heads and failures are recorded.</param>
    /// <param name="timeProvider">The clock of polling and of waits after failures.</param>
    public PolledChainSource(Chain chain, IBlockReader reader, PolledSourceOptions options, ChainStatus status, TimeProvider timeProvider)
    {
        _chain = chain;
        _reader = reader;
        _options = options;
        _status = status;
        _time = timeProvider;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await using PolledSession session = new(_chain, _reader, _options, _status, _time, request);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (session.TryTake(out ChainUpdate? update))
            {
                yield return update;
            }
            else
            {
                await session.StepAsync(cancellationToken);
            }
        }
    }
}
