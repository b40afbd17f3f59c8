using System.Text.Json;

namespace ChainWatch.Bitcoin;

/// <summary>Looks at nodes' pools: which transactions wait there, the bytes of those that are new, and the blocks that took some of them out.</summary>
internal sealed class PoolReader(EndpointPool<BitcoinEndpoint> pool, BitcoinNetwork network, Asset coin)
{
    private const int TransactionsAtOnce = 100;

    // A pool of a hundred thousand transactions is taken in within some looks, not with one burst.
    private const int MostNews = 5_000;
    private const int MostBlocks = 20;

    /// <param name="isSeen">Which transactions need not be fetched.</param>
    /// <param name="isKnown">Whether a block was looked at before; <see langword="null"/> at the first look, which takes no blocks.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public ValueTask<Answer<PoolLook>> LookAsync(Func<Hash256, bool> isSeen, Func<Hash256, bool>? isKnown, CancellationToken cancellationToken) => pool.RunAsync(
        async (endpoint, cancellation) => Answer<PoolLook>.Found(await LookAsync(endpoint, isSeen, isKnown, cancellation)),
        cancellationToken);

    private async ValueTask<PoolLook> LookAsync(BitcoinEndpoint endpoint, Func<Hash256, bool> isSeen, Func<Hash256, bool>? isKnown, CancellationToken cancellationToken)
    {
        // In this order: what is mined in between is still in the list, and gone from the next one.
        IReadOnlySet<Hash256> ids = await ReadIdsAsync(endpoint, cancellationToken);
        Hash256 head;
        using (JsonRpcReplies replies = await endpoint.Rpc.CallAsync("getbestblockhash", "[]", cancellationToken))
        {
            head = AnswerReader.ReadHash(endpoint, replies[0]);
        }

        List<BitcoinBlock> blocks = [];
        try
        {
            for (Hash256 hash = head; isKnown?.Invoke(hash) is false && blocks.Count < MostBlocks;)
            {
                BitcoinBlock block = await ReadBlockAsync(endpoint, hash, cancellationToken);
                blocks.Insert(0, block);
                hash = block.Header.ParentHash;
            }

            return new PoolLook { Endpoint = endpoint.Name, Ids = ids, Head = head, Blocks = blocks, News = await ReadNewsAsync(endpoint, [.. ids.Where(id => !isSeen(id)).Take(MostNews)], cancellationToken) };
        }
        catch
        {
            blocks.ForEach(static block => block.Dispose());
            throw;
        }
    }

    private static async ValueTask<IReadOnlySet<Hash256>> ReadIdsAsync(BitcoinEndpoint endpoint, CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("getrawmempool", "[]", cancellationToken);
        HashSet<Hash256> ids = [];
        try
        {
            Utf8JsonReader reader = new(replies[0].Require());
            bool list = reader.Read() && reader.TokenType == JsonTokenType.StartArray;
            while (list && reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                ids.Add(Hash256.Parse(reader.GetString()));
            }

            if (!list || reader.TokenType != JsonTokenType.EndArray)
            {
                AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "getrawmempool does not answer a list of transaction ids");
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "getrawmempool does not answer a list of transaction ids", exception);
        }

        return ids;
    }

    private static async ValueTask<IReadOnlyList<(Hash256 Id, byte[] Bytes)>> ReadNewsAsync(BitcoinEndpoint endpoint, Hash256[] ids, CancellationToken cancellationToken)
    {
        List<(Hash256, byte[])> news = new(ids.Length);
        foreach (Hash256[] part in ids.Chunk(TransactionsAtOnce))
        {
            using JsonRpcReplies replies = await endpoint.Rpc.CallAsync([.. part.Select(static id => new JsonRpcCall("getrawtransaction", $"[\"{id}\",false]"))], cancellationToken);
            for (int index = 0; index < part.Length; index++)
            {
                // One that left the pool meanwhile is not there any more.
                if (replies[index].Error is null && TryReadBytes(replies[index].Result.Span) is { } bytes)
                {
                    news.Add((part[index], bytes));
                }
            }
        }

        return news;
    }

    private static byte[]? TryReadBytes(ReadOnlySpan<byte> json)
    {
        byte[] bytes = new byte[Math.Max(0, (json.Length - 2) / 2)];
        return json.Length > 2 && json[0] == '"' && Convert.FromHexString(json[1..^1], bytes, out _, out int written) == System.Buffers.OperationStatus.Done && written == bytes.Length ? bytes : null;
    }

    private async ValueTask<BitcoinBlock> ReadBlockAsync(BitcoinEndpoint endpoint, Hash256 hash, CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("getblock", $"[\"{hash}\",false]", cancellationToken);
        RawBlock? raw = null;
        try
        {
            raw = RawBlock.FromHex(AnswerReader.ReadHex(endpoint, replies[0]));
            BlockProof.Verify(raw.Bytes, hash, network.ExtensionBlocks, witness: false);
            // Its height is of no interest here.
            BlockHeader header = new() { Point = new ChainPoint(0, hash), ParentHash = RawHeader.ParentOf(raw.Bytes), Timestamp = RawHeader.TimeOf(raw.Bytes) };
            BitcoinBlock block = new(header, endpoint.Name, raw, coin, network.ExtensionBlocks);
            raw = null;
            return block;
        }
        catch (Exception exception) when (exception is BlockFormatException or BlockProofException)
        {
            AnswerCheck.Fail(endpoint.Name, (exception as BlockProofException)?.Check ?? AnswerCheck.Format, $"block {hash}: {exception.Message}", exception);
            throw;
        }
        finally
        {
            raw?.Dispose();
        }
    }
}
