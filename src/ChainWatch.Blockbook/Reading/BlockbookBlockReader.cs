using System.Globalization;

namespace ChainWatch.Blockbook;

/// <summary>
/// Reads blocks through Blockbook: raw, and proved by their hash, where coin and instance allow it; otherwise page by page. It keeps no place in the chain, so one reader serves any
/// number of sources.
/// </summary>
internal sealed class BlockbookBlockReader : IBlockReader
{
    private const int MostPages = 256;

    private readonly EndpointPool<BlockbookEndpoint> _pool;
    private readonly WatchPlan _plan;
    private readonly HeldPayments _held;
    private readonly NewBlockFeed _feed;
    private readonly bool _raw;

    /// <param name="pool">The instances.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="held">Where payments go that cannot be recorded.</param>
    /// <param name="feed">What wakes up.</param>
    /// <param name="raw">Whether raw blocks are read where they are offered.</param>
    public BlockbookBlockReader(EndpointPool<BlockbookEndpoint> pool, WatchPlan plan, HeldPayments held, NewBlockFeed feed, bool raw)
    {
        _pool = pool;
        _plan = plan;
        _held = held;
        _feed = feed;
        _raw = raw && plan.Coin.RawBlocksFrom is not null && plan.Native is not null;
    }

    public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => _pool.ReadTipAsync(
        static async (endpoint, cancellation) => Answer<ChainTip>.Found(new ChainTip { Head = await endpoint.ReadTipAsync(cancellation) }),
        cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) =>
        {
            using Block block = await ReadBlockAsync(endpoint, hash, height: null, cancellation);
            return Answer<BlockHeader>.Found(block.Header);
        },
        cancellationToken);

    public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<Block>.Found(await ReadBlockAsync(endpoint, hash, height: null, cancellation)),
        cancellationToken);

    public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<IReadOnlyList<Block>>.Found(await ReadBlocksAsync(endpoint, fromHeight, Math.Max(1, count), cancellation)),
        cancellationToken);

    public ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken) => _feed.WaitAsync(cancellationToken);

    private async ValueTask<IReadOnlyList<Block>> ReadBlocksAsync(BlockbookEndpoint endpoint, long fromHeight, int count, CancellationToken cancellationToken)
    {
        if (endpoint.Best < fromHeight && (await endpoint.ReadTipAsync(cancellationToken)).Height < fromHeight)
        {
            throw new EndpointException(EndpointErrorKind.NotYet, string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' has blocks up to {endpoint.Best}"));
        }

        count = (int)Math.Clamp(endpoint.Best - fromHeight + 1, 1, count);
        List<Block> blocks = [];
        try
        {
            while (blocks.Count < count)
            {
                blocks.Add(await ReadBlockAsync(endpoint, hash: null, fromHeight + blocks.Count, cancellationToken));
            }

            return blocks;
        }
        catch (EndpointException) when (blocks.Count > 0)
        {
            // What is there already follows on; the rest is asked for anew, perhaps elsewhere.
            return blocks;
        }
        catch
        {
            blocks.ForEach(static block => block.Dispose());
            throw;
        }
    }

    /// <summary>Reads the block of a hash, or of a height: one of the two.</summary>
    private async ValueTask<Block> ReadBlockAsync(BlockbookEndpoint endpoint, Hash256? hash, long? height, CancellationToken cancellationToken)
    {
        string id = hash is { } known ? (_plan.Coin.Type == CoinType.Ethereum ? $"0x{known}" : known.ToString()) : height!.Value.ToString(CultureInfo.InvariantCulture);
        try
        {
            if (_raw && endpoint.MayHaveRawBlocks && !(height < _plan.Coin.RawBlocksFrom) && await endpoint.ReadRawAsync(id, cancellationToken) is { } raw)
            {
                using ServerAnswer answer = raw;
                if (RawAnswer.Read(answer.Data, hash, height, _plan, endpoint.Name) is { } proved)
                {
                    return proved;
                }
            }

            return await ReadPagesAsync(endpoint, id, hash, height, cancellationToken);
        }
        catch (AnswerFormatException exception)
        {
            throw endpoint.Refused(exception);
        }
    }

    private async ValueTask<Block> ReadPagesAsync(BlockbookEndpoint endpoint, string id, Hash256? hash, long? height, CancellationToken cancellationToken)
    {
        BlockContent content = new(_plan.Coin);
        try
        {
            while (!content.IsComplete)
            {
                if (content.Pages == MostPages)
                {
                    throw new AnswerFormatException(BlockCheck.Pages, string.Create(CultureInfo.InvariantCulture, $"block {id} does not end within {MostPages} pages"));
                }

                // The pages after the first are those of the very block that it was of: at its height there may be another one by now.
                string of = content.Pages == 0 || hash is not null ? id : _plan.Coin.Type == CoinType.Ethereum ? $"0x{content.Head.Hash}" : content.Head.Hash.ToString();
                content.Add(await endpoint.ReadPageAsync(of, content.Pages + 1, cancellationToken));
                if ((hash is { } asked && content.Head.Hash != asked) || (height is { } at && content.Head.Height != at))
                {
                    throw new AnswerFormatException(BlockCheck.BlockHash, $"it was asked for block {id} and answered block {content.Head.Height} ({content.Head.Hash})");
                }
            }

            return new PagedBlock(content, endpoint.Name, _plan, _held);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }
}
