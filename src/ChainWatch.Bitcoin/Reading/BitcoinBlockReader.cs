using System.Globalization;

namespace ChainWatch.Bitcoin;

/// <summary>Reads a chain of Bitcoin's kind through its nodes. It keeps no place in the chain, so one reader serves any number of sources.</summary>
internal sealed class BitcoinBlockReader : IBlockReader
{
    /// <summary>About how many bytes of blocks are asked for with one request; as hexadecimal digits they are twice as many.</summary>
    private const long BytesAtOnce = 4 * 1024 * 1024;

    /// <summary>After how many bytes of blocks a range ends. What is read ahead is bounded in bytes, and ranges are its units.</summary>
    private const long LargestRange = 16 * 1024 * 1024;

    private static readonly JsonRpcCall[] Tip = [new("getblockchaininfo", "[]")];

    private readonly EndpointPool<BitcoinEndpoint> _pool;
    private readonly BitcoinNetwork _network;
    private readonly Asset _coin;
    private readonly bool _verifyWitness;
    private readonly IntegrityLevel _integrity;
    private readonly bool _observeOnly;
    private readonly Func<CancellationToken, ValueTask<ChainPoint?>>? _waitForChange;

    /// <param name="pool">The nodes.</param>
    /// <param name="network">The network.</param>
    /// <param name="coin">The native coin.</param>
    /// <param name="verifyWitness">Whether the commitment to witness data is checked.</param>
    /// <param name="waitForChange">Waits for a push; <see langword="null"/> where there is none.</param>
    /// <param name="integrity">How hard blocks are checked: all of them are proven, unless it is off.</param>
    /// <param name="observeOnly">Whether a block that is not proven is counted and used all the same.</param>
    public BitcoinBlockReader(EndpointPool<BitcoinEndpoint> pool, BitcoinNetwork network, Asset coin, bool verifyWitness, Func<CancellationToken, ValueTask<ChainPoint?>>? waitForChange, IntegrityLevel integrity = IntegrityLevel.Intrinsic, bool observeOnly = false)
    {
        _pool = pool;
        _network = network;
        _coin = coin;
        _verifyWitness = verifyWitness;
        _waitForChange = waitForChange;
        _integrity = integrity;
        _observeOnly = observeOnly;
    }

    public ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken) => _pool.ReadTipAsync(
        async (endpoint, cancellation) => Answer<ChainTip>.Found(new ChainTip { Head = await ReadHeadAsync(endpoint, cancellation) }),
        cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<BlockHeader>.Found(await ReadHeaderAsync(endpoint, hash, cancellation)),
        cancellationToken);

    public ValueTask<Answer<BlockHeader>> ReadHeaderAtAsync(long height, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<BlockHeader>.Found(await ReadHeaderAsync(endpoint, (await ReadHashesAsync(endpoint, height, 1, cancellation))[0], cancellation)),
        cancellationToken);

    public ValueTask<Answer<Block>> ReadBlockAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<Block>.Found(await ReadBlockAsync(endpoint, hash, cancellation)),
        cancellationToken);

    public ValueTask<Answer<IReadOnlyList<Block>>> ReadBlocksAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken) => _pool.RunAsync(
        async (endpoint, cancellation) => Answer<IReadOnlyList<Block>>.Found(await ReadBlocksAsync(endpoint, fromHeight, Math.Max(1, count), cancellation)),
        cancellationToken);

    public ValueTask<ChainPoint?> WaitForChangeAsync(CancellationToken cancellationToken) => _waitForChange?.Invoke(cancellationToken) ?? NeverAsync(cancellationToken);

    private static async ValueTask<ChainPoint?> NeverAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<ChainPoint?> never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        return await never.Task;
    }

    private async ValueTask<ChainPoint> ReadHeadAsync(BitcoinEndpoint endpoint, CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(Tip, cancellationToken);
        ChainInfo info = AnswerReader.ReadChainInfo(endpoint, replies[0]);
        if (info.IsDownloading && !_network.IsDevelopment)
        {
            // Its head is years old, perhaps on a branch that nobody follows any more.
            throw new EndpointException(
                EndpointErrorKind.Transient,
                string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' is still downloading the chain (initialblockdownload): it has block {info.Head.Height} of {info.Headers}"));
        }

        endpoint.SawHead(info.Head.Height);
        return info.Head;
    }

    private static async ValueTask<BlockHeader> ReadHeaderAsync(BitcoinEndpoint endpoint, Hash256 hash, CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync([HeaderCall(hash, verbose: true), HeaderCall(hash, verbose: false)], cancellationToken);
        ChainPoint point = ReadPoint(endpoint, replies[0], hash);
        ReadOnlySpan<byte> digits = AnswerReader.ReadHex(endpoint, replies[1]);
        Span<byte> header = stackalloc byte[RawHeader.Length];
        if (digits.Length != 2 * RawHeader.Length || Convert.FromHexString(digits, header, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "a block header is expected, and something else came");
        }

        if (RawHeader.HashOf(header) is var actual && actual != hash)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block {hash} and answered {actual}");
        }

        return ToHeader(point, header);
    }

    private async ValueTask<Block> ReadBlockAsync(BitcoinEndpoint endpoint, Hash256 hash, CancellationToken cancellationToken)
    {
        // A block does not say its height in a way that all networks share.
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync([HeaderCall(hash, verbose: true), BlockCall(hash)], cancellationToken);
        return Decode(endpoint, ReadPoint(endpoint, replies[0], hash), replies[1]);
    }

    private async ValueTask<IReadOnlyList<Block>> ReadBlocksAsync(BitcoinEndpoint endpoint, long fromHeight, int count, CancellationToken cancellationToken)
    {
        if (endpoint.Head < fromHeight && await ReadHeadAsync(endpoint, cancellationToken) is var head && head.Height < fromHeight)
        {
            throw new EndpointException(EndpointErrorKind.NotYet, string.Create(CultureInfo.InvariantCulture, $"endpoint '{endpoint.Name}' is at height {head.Height}"));
        }

        IReadOnlyList<Hash256> hashes = await ReadHashesAsync(endpoint, fromHeight, count, cancellationToken);
        List<Block> blocks = [];
        try
        {
            long bytes = 0;
            while (blocks.Count < hashes.Count && bytes < LargestRange)
            {
                int before = blocks.Count;
                int asked = (int)Math.Clamp(BytesAtOnce / endpoint.BlockBytes, 1, hashes.Count - before);
                JsonRpcCall[] calls = [.. hashes.Skip(before).Take(asked).Select(BlockCall)];
                using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
                for (int index = 0; index < asked; index++)
                {
                    blocks.Add(Decode(endpoint, new ChainPoint(fromHeight + before + index, hashes[before + index]), replies[index]));
                    bytes += blocks[^1].Size;
                }
            }

            return blocks;
        }
        catch
        {
            blocks.ForEach(static block => block.Dispose());
            throw;
        }
    }

    private static async ValueTask<IReadOnlyList<Hash256>> ReadHashesAsync(BitcoinEndpoint endpoint, long fromHeight, int count, CancellationToken cancellationToken)
    {
        int asked = (int)Math.Min(count, Math.Max(1, endpoint.Head - fromHeight + 1));
        JsonRpcCall[] calls = [.. Enumerable.Range(0, asked).Select(index => new JsonRpcCall("getblockhash", string.Create(CultureInfo.InvariantCulture, $"[{fromHeight + index}]")))];
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
        List<Hash256> hashes = [];
        for (int index = 0; index < asked; index++)
        {
            if (index > 0 && replies[index].Error is { Kind: EndpointErrorKind.NotYet })
            {
                // The chain got shorter between the two questions.
                break;
            }

            hashes.Add(AnswerReader.ReadHash(endpoint, replies[index]));
        }

        return hashes;
    }

    private void Prove(BitcoinEndpoint endpoint, RawBlock raw, in Hash256 hash)
    {
        try
        {
            BlockProof.Verify(raw.Bytes, hash, _network.ExtensionBlocks, _verifyWitness, proof: _integrity != IntegrityLevel.Off);
        }
        catch (BlockProofException exception) when (_observeOnly && exception.Check is (AnswerCheck.MerkleRoot or AnswerCheck.Witness))
        {
            endpoint.Client.ReportObserved(exception.Check, exception.Message);
        }
    }

    private BitcoinBlock Decode(BitcoinEndpoint endpoint, ChainPoint point, JsonRpcReply reply)
    {
        RawBlock? raw = null;
        try
        {
            raw = RawBlock.FromHex(AnswerReader.ReadHex(endpoint, reply));
            Prove(endpoint, raw, point.Hash);
            endpoint.SawBlockBytes(raw.Length);
            BitcoinBlock block = new(ToHeader(point, raw.Bytes), endpoint.Name, raw, _coin, _network.ExtensionBlocks);
            raw = null;
            return block;
        }
        catch (BlockFormatException exception)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, $"block {point}: {exception.Message}", exception);
            throw;
        }
        catch (BlockProofException exception)
        {
            AnswerCheck.Fail(endpoint.Name, exception.Check, exception.Message, exception);
            throw;
        }
        finally
        {
            raw?.Dispose();
        }
    }

    private static ChainPoint ReadPoint(BitcoinEndpoint endpoint, JsonRpcReply reply, Hash256 hash)
    {
        ChainPoint point = AnswerReader.ReadPoint(endpoint, reply);
        if (point.Hash != hash)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block {hash} and answered {point}");
        }

        return point;
    }

    private static BlockHeader ToHeader(ChainPoint point, ReadOnlySpan<byte> header) =>
        new() { Point = point, ParentHash = RawHeader.ParentOf(header), Timestamp = RawHeader.TimeOf(header) };

    private static JsonRpcCall HeaderCall(Hash256 hash, bool verbose) => new("getblockheader", $"[\"{hash}\",{(verbose ? "true" : "false")}]");

    // False, not 0: every node since the first takes it, and bcoin takes nothing else.
    private static JsonRpcCall BlockCall(Hash256 hash) => new("getblock", $"[\"{hash}\",false]");
}
