using System.Diagnostics;

namespace ChainWatch;

/// <summary>Makes a span of every reading of blocks, while somebody listens; else it only passes on.</summary>
internal sealed class TracedBlockReader(Chain chain, IBlockReader reader) : IBlockReader
{
    public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => reader.ReadTipAsync(cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => reader.ReadHeaderAsync(hash, cancellationToken);

    public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) =>
        ChainWatchTracing.IsOn ? TraceAsync(hash, watched, cancellationToken) : reader.ReadBlockAsync(hash, watched, cancellationToken);

    public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) =>
        ChainWatchTracing.IsOn ? TraceAsync(fromHeight, count, watched, cancellationToken) : reader.ReadBlocksAsync(fromHeight, count, watched, cancellationToken);

    public void Forget() => reader.Forget();

    public ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken) => reader.WaitForChangeAsync(cancellationToken);

    private async ValueTask<Answer<Block>> TraceAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken)
    {
        using Activity? span = ChainWatchTracing.Fetch(chain, fromHeight: null, count: 1);
        Answer<Block> answer = await reader.ReadBlockAsync(hash, watched, cancellationToken);
        ChainWatchTracing.Fetched(span, answer.Kind, answer.Reason, answer.IsFound ? [answer.Value] : null);
        return answer;
    }

    private async ValueTask<Answer<IReadOnlyList<Block>>> TraceAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        using Activity? span = ChainWatchTracing.Fetch(chain, fromHeight, count);
        Answer<IReadOnlyList<Block>> answer = await reader.ReadBlocksAsync(fromHeight, count, watched, cancellationToken);
        ChainWatchTracing.Fetched(span, answer.Kind, answer.Reason, answer.IsFound ? answer.Value : null);
        return answer;
    }
}
