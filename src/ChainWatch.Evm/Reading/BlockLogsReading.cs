namespace ChainWatch.Evm;

/// <summary>
/// Reads a block by its hash where only tokens matter and the endpoint gives receipts one by one: the logs of the watched contracts in that very block, and receipts of the transactions alone that
/// pay somebody watched. That is two calls a block, where there were as many as it has transactions.
/// </summary>
internal sealed class BlockLogsReading(EvmEndpoint endpoint, WatchPlan plan, EvmChecks skipped, BlockReading whole, RangeReading range)
{
    /// <summary>Whether blocks can be read so: no value of a transaction counts, the receipts need not be proven, and the endpoint has no better way and can do this one.</summary>
    public bool Fits => !plan.Native && endpoint is { Receipts: ReceiptCalls.ByTransaction, RefusesLogsByHash: false } && !CheckLevels.Proves(skipped);

    /// <summary>Reads the block; <see langword="null"/> where the endpoint takes no such filter, which is remembered.</summary>
    public async ValueTask<Block?> ReadAsync(Hash256 hash, AddressSet watched, CancellationToken cancellationToken)
    {
        // Not by address: so the block can be matched against any, and an answer without logs says much where the bloom says that there are some.
        LogFilter filter = LogFilter.Create(plan, watched, byAddress: false);
        using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(
            [new JsonRpcCall("eth_getBlockByHash", $@"[""0x{hash}"",false]"), filter.ForBlock(hash)], cancellationToken);
        using BlockData block = whole.ReadBlock(replies[0], plan, watched) ?? throw whole.DoesNotKnow(hash);
        if (block.Point.Hash != hash)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block 0x{hash} and answered {block.Point}");
        }

        whole.Check(block, plan);
        if (replies[1].Error is { Kind: EndpointErrorKind.Unsupported or EndpointErrorKind.ClientBug })
        {
            endpoint.RefusesLogsByHash = true;
            return null;
        }

        List<(long From, long To)> refused = [];
        range.TakeLogs(replies[1], (block.Point.Height, block.Point.Height), filter, [block], refused);

        // Logs that did not come, or came in a round number at which some providers cut off without a word: the receipts hold them all.
        block.NeedsReceipts |= refused.Count > 0 || (block.LogsSeen > 0 && block.LogsSeen % 1000 == 0);

        // A node that has the block, and not its logs yet, answers none of them without a word.
        block.NeedsReceipts |= (skipped & EvmChecks.Bloom) == EvmChecks.None && block is { HasBloom: true, LogsSeen: 0 } && filter.MayMatch(block.Bloom);
        await range.ProveAsync([block], filter, logsRead: true, watched, cancellationToken);
        return block.ToBlock(plan, filter.OnlyFor);
    }
}
