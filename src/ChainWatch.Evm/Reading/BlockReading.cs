namespace ChainWatch.Evm;

/// <summary>Reads whole blocks of one endpoint: each with all its receipts, bound to its hash and checked, so that it can be matched against any address.</summary>
internal sealed class BlockReading(EvmEndpoint endpoint, WatchPlan plan, EvmChecks skipped)
{
    private const int TracesAtOnce = 8;

    /// <summary>Whether transactions are asked for whole: where their value counts, or where the block is proven by them.</summary>
    public bool NeedsBodies => plan.Native || CheckLevels.Proves(skipped);

    public async ValueTask<BlockHeader> ReadHeaderAsync(Hash256 hash, CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("eth_getBlockByHash", $@"[""0x{hash}"",false]", cancellationToken);
        if (replies[0].IsNull)
        {
            throw DoesNotKnow(hash);
        }

        BlockHeader header = AnswerReader.Read(endpoint, replies[0], static (json, endpoint) => BlockParser.ReadHeader(json, endpoint.Name));
        if (header.Point.Hash != hash)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block 0x{hash} and answered {header.Point}");
        }

        return header;
    }

    /// <summary>Reads the header of the block that is canonical at a height.</summary>
    public async ValueTask<BlockHeader> ReadHeaderAtAsync(long height, CancellationToken cancellationToken)
    {
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync("eth_getBlockByNumber", $@"[""{HexText.Quantity(height)}"",false]", cancellationToken);
        if (replies[0].IsNull)
        {
            throw new EndpointException(EndpointErrorKind.NotYet, $"endpoint '{endpoint.Name}' has no block {height}");
        }

        BlockHeader header = AnswerReader.Read(endpoint, replies[0], static (json, endpoint) => BlockParser.ReadHeader(json, endpoint.Name));
        if (header.Point.Height != height)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block {height} and answered {header.Point}");
        }

        return header;
    }

    /// <summary>Reads a block by its hash: one request where the endpoint has what it takes.</summary>
    public async ValueTask<Block> ReadAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken)
    {
        List<JsonRpcCall> calls = [new JsonRpcCall("eth_getBlockByHash", $@"[""0x{hash}"",{(NeedsBodies ? "true" : "false")}]")];
        ReceiptCalls form = endpoint.Receipts;
        bool receipts = form != ReceiptCalls.ByTransaction;
        if (receipts)
        {
            calls.Add(BlockReceipts(hash, form));
        }

        bool traces = plan.InternalTransfers && endpoint.Traces == TraceCalls.Debug;
        if (traces)
        {
            calls.Add(TraceBlock(hash));
        }

        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
        using BlockData block = ReadBlock(replies[0], plan, watched) ?? throw DoesNotKnow(hash);
        if (block.Point.Hash != hash)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block 0x{hash} and answered {block.Point}");
        }

        Check(block, plan);
        if (block.TransactionCount == 0)
        {
            ReceiptParser.Finish(block, plan, skipped, count: 0, bloom: default);
            return block.ToBlock(plan, readFor: null);
        }

        if (!receipts || !TryReadReceipts(block, replies[1], form))
        {
            await ProveAsync([block], cancellationToken);
        }

        if (plan.InternalTransfers && (!traces || !TryReadTraces(block, replies[replies.Count - 1], TraceCalls.Debug)))
        {
            await TraceAsync([block], cancellationToken);
        }

        return block.ToBlock(plan, readFor: null);
    }

    /// <summary>Reads the receipts of whole blocks, and so proves all their movements.</summary>
    public async ValueTask ProveAsync(IReadOnlyList<BlockData> blocks, CancellationToken cancellationToken)
    {
        foreach (BlockData block in await ReadReceiptsAsync(blocks, cancellationToken))
        {
            await ProveByTransactionAsync(block, cancellationToken);
        }
    }

    /// <summary>Reads the receipts of whole blocks, a call for each.</summary>
    /// <returns>The blocks that are left, where the endpoint has no such call.</returns>
    public async ValueTask<List<BlockData>> ReadReceiptsAsync(IReadOnlyList<BlockData> blocks, CancellationToken cancellationToken)
    {
        List<BlockData> open = [];
        foreach (BlockData block in blocks)
        {
            if (block.TransactionCount == 0)
            {
                ReceiptParser.Finish(block, plan, skipped, count: 0, bloom: default);
            }
            else
            {
                open.Add(block);
            }
        }

        while (open.Count > 0 && endpoint.Receipts is var form && form != ReceiptCalls.ByTransaction)
        {
            using JsonRpcReplies replies = await endpoint.Rpc.CallAsync([.. open.Select(block => BlockReceipts(block.Point.Hash, form) with { IsFinal = endpoint.IsFinal(block.Point.Height) })], cancellationToken);
            int done = 0;
            while (done < open.Count && TryReadReceipts(open[done], replies[done], form))
            {
                done++;
            }

            open.RemoveRange(0, done);
        }

        return open;
    }

    /// <summary>Traces blocks, and adds what contracts moved.</summary>
    public async ValueTask TraceAsync(IReadOnlyList<BlockData> blocks, CancellationToken cancellationToken)
    {
        BlockData[] open = [.. blocks.Where(static block => block.TransactionCount > 0)];
        for (int from = 0; from < open.Length;)
        {
            ArraySegment<BlockData> part = new(open, from, Math.Min(TracesAtOnce, open.Length - from));
            TraceCalls form = endpoint.Traces;
            if (form == TraceCalls.None)
            {
                throw new EndpointException(
                    EndpointErrorKind.Unsupported,
                    $"endpoint '{endpoint.Name}' has neither debug_traceBlockByHash nor trace_block, without which internal transfers cannot be seen; use one that traces, or turn InternalTransfers off");
            }

            JsonRpcCall[] calls =
            [
                .. part.Select(block => (form == TraceCalls.Debug ? TraceBlock(block.Point.Hash) : new JsonRpcCall("trace_block", $@"[""{HexText.Quantity(block.Point.Height)}""]"))
                    with { IsFinal = endpoint.IsFinal(block.Point.Height) }),
            ];
            using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
            for (int index = 0; index < part.Count && TryReadTraces(part[index], replies[index], form); index++)
            {
                from++;
            }
        }
    }

    /// <summary>Reads one block's answer; <see langword="null"/> where the endpoint does not know it.</summary>
    /// <param name="reply">The answer.</param>
    /// <param name="watched">What is watched.</param>
    /// <param name="addresses">The addresses whose movements are kept; <see langword="null"/> for all.</param>
    public BlockData? ReadBlock(JsonRpcReply reply, WatchPlan? watched, AddressSet? addresses)
    {
        if (reply.IsNull)
        {
            return null;
        }

        BlockData block = AnswerReader.Read(endpoint, reply, (json, from) => BlockParser.Read(json, from.Name, watched, addresses));
        if (CheckLevels.Proves(skipped))
        {
            try
            {
                block.ReceiptsRoot = AnswerReader.Read(endpoint, reply, (json, from) => BlockProof.CheckBlock(json, from.Name, skipped));
            }
            catch
            {
                block.Dispose();
                throw;
            }
        }

        return block;
    }

    /// <summary>Checks what a block's own answer can show.</summary>
    public void Check(BlockData block, WatchPlan watched)
    {
        if (watched.Native && !block.HasBodies)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, $"block {block.Point} came without its transactions");
        }

        if (TransactionUniqueness.FindDuplicate(block) is { } twice)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.TransactionHash, $"block {block.Point} holds transaction 0x{twice} twice");
        }
    }

    public EndpointException DoesNotKnow(Hash256 hash) => new(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' does not know block 0x{hash}");

    private static JsonRpcCall BlockReceipts(Hash256 hash, ReceiptCalls form) =>
        new("eth_getBlockReceipts", form == ReceiptCalls.ByHash ? $@"[""0x{hash}""]" : $@"[{{""blockHash"":""0x{hash}""}}]");

    private static JsonRpcCall TraceBlock(Hash256 hash) => new("debug_traceBlockByHash", $@"[""0x{hash}"",{{""tracer"":""callTracer""}}]");

    private bool TryReadReceipts(BlockData block, JsonRpcReply reply, ReceiptCalls form)
    {
        if (reply.Error is { Kind: EndpointErrorKind.Unsupported or EndpointErrorKind.ClientBug })
        {
            // The next way down; it stays so until the endpoint connects anew.
            endpoint.StepDown(form);
            return false;
        }

        if (reply.IsNull)
        {
            throw new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' has no receipts of block {block.Point}");
        }

        AnswerReader.Read(endpoint, reply, json =>
        {
            ReceiptParser.ReadAll(json, block, plan, skipped);
            if (RootOf(block) is { } root)
            {
                BlockProof.CheckReceipts(json, root, block.Point, endpoint.Name);
            }
        });
        return true;
    }

    private async ValueTask ProveByTransactionAsync(BlockData block, CancellationToken cancellationToken)
    {
        JsonRpcCall[] calls = new JsonRpcCall[block.TransactionCount];
        for (int index = 0; index < calls.Length; index++)
        {
            calls[index] = TransactionReceipt(block, index);
        }

        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
        Bloom bloom = default;
        long logs = 0;
        for (int index = 0; index < calls.Length; index++)
        {
            ReadReceipt(block, index, replies[index], ref bloom, ref logs);
        }

        ReceiptParser.Finish(block, plan, skipped, calls.Length, bloom);
        if (RootOf(block) is { } root)
        {
            BlockProof.CheckReceipts(replies, root, block.Point, endpoint.Name);
        }
    }

    /// <summary>What the receipts must make; <see langword="null"/> where that is not looked at.</summary>
    private Hash256? RootOf(BlockData block) => (skipped & EvmChecks.ReceiptsRoot) == EvmChecks.None ? block.ReceiptsRoot : null;

    /// <summary>Reads one transaction's receipt, apart from those of the rest of its block.</summary>
    public void ReadReceipt(BlockData block, int index, JsonRpcReply reply)
    {
        RequireReceipt(block, index, reply);
        AnswerReader.Read(endpoint, reply, json => ReceiptParser.ReadSingle(json, block, plan, skipped, index));
    }

    private void RequireReceipt(BlockData block, int index, JsonRpcReply reply)
    {
        if (reply.IsNull)
        {
            throw new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' has no receipt of transaction 0x{block.Transactions[index].Hash} in block {block.Point}");
        }
    }

    private void ReadReceipt(BlockData block, int index, JsonRpcReply reply, ref Bloom bloom, ref long logs)
    {
        RequireReceipt(block, index, reply);
        Bloom bits = bloom;
        long count = logs;
        AnswerReader.Read(endpoint, reply, json =>
        {
            System.Text.Json.Utf8JsonReader reader = JsonWalk.Open(json);
            ReceiptParser.ReadOne(ref reader, block, plan, skipped, ref bits, ref count, index);
        });
        bloom = bits;
        logs = count;
    }

    public JsonRpcCall TransactionReceipt(BlockData block, int index) =>
        new("eth_getTransactionReceipt", $@"[""0x{block.Transactions[index].Hash}""]") { IsFinal = endpoint.IsFinal(block.Point.Height) };

    private bool TryReadTraces(BlockData block, JsonRpcReply reply, TraceCalls form)
    {
        if (reply.Error is { Kind: EndpointErrorKind.Unsupported or EndpointErrorKind.ClientBug })
        {
            endpoint.StepDown(form);
            return false;
        }

        if (reply.IsNull)
        {
            throw new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' has no traces of block {block.Point}");
        }

        AnswerReader.Read(endpoint, reply, json =>
        {
            using CallFrames frames = new();
            if (form == TraceCalls.Debug)
            {
                CallTraceParser.ReadBlock(json, block, frames);
            }
            else
            {
                FlatTraceParser.ReadBlock(json, block, frames);
            }
        });
        return true;
    }
}
