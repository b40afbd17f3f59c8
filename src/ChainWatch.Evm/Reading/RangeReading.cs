namespace ChainWatch.Evm;

/// <summary>
/// Reads ranges of blocks that lie far enough below the head not to change: blocks or only their headers, the logs of what is watched for all of them at once, and receipts
/// of those transactions alone that touch a watched address, or of the whole block where they are many. What such a receipt says is what a whole block's receipts would say, so
/// a payment has the same identity whichever way it was found.
/// </summary>
/// <param name="endpoint">The endpoint.</param>
/// <param name="plan">What is watched.</param>
/// <param name="skipped">The checks that are left out.</param>
/// <param name="whole">What reads whole blocks.</param>
/// <param name="answerBytes">About how large an answer may be: as many blocks are asked for at once.</param>
internal sealed class RangeReading(EvmEndpoint endpoint, WatchPlan plan, EvmChecks skipped, BlockReading whole, int answerBytes)
{
    private const int MostBlocksAtOnce = 200;
    private const int MostRounds = 40;

    /// <summary>How many parts of a range are read side by side: each is a request and, where somebody was paid, those for receipts after it, which far from the endpoint are mostly waiting.</summary>
    public const int PartsAtOnce = 3;

    /// <summary>How many requests for receipts run side by side: a batch of calls is as long as the endpoint takes, but many transactions need several.</summary>
    private const int ReceiptRequestsAtOnce = 4;

    /// <summary>
    /// How many transactions of a block have their receipts read one by one. Above that, all of its receipts are one call, which takes more bytes, and some providers charge more for it than for a
    /// receipt, but fewer calls meet their limits.
    /// </summary>
    private const int MostReceiptsApart = 12;

    /// <summary>How many blocks have all of their receipts read at once: a busy one's are some hundred kilobytes.</summary>
    private const int WholeBlocksAtOnce = 8;

    /// <summary>Above this likelihood of a false alarm a bloom says too little to read a block's receipts for.</summary>
    private const double TooOften = 0.1;

    private bool ChecksBloom => (skipped & EvmChecks.Bloom) == EvmChecks.None;

    /// <summary>Reads up to this many blocks, each the parent of the next.</summary>
    /// <returns>At least one block; fewer than asked for where the endpoint's head says so.</returns>
    public async ValueTask<List<Block>> ReadAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        List<Block> blocks = [];
        Queue<(int Asked, Task<List<Block>> Reading)> parts = new();
        using CancellationTokenSource rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            int begun = 0;
            while (true)
            {
                // Until the endpoint has shown what it takes, a refusal is to be learned from once.
                for (int most = endpoint.HasShownLogs || watched.Count == 0 ? PartsAtOnce : 1; begun < count && parts.Count < most;)
                {
                    int asked = Math.Min((int)Math.Clamp(answerBytes / endpoint.BlockBytes, 4, MostBlocksAtOnce), count - begun);
                    parts.Enqueue((asked, ReadPartAsync(fromHeight + begun, asked, watched, rest.Token)));
                    begun += asked;
                }

                if (!parts.TryPeek(out (int Asked, Task<List<Block>> Reading) part))
                {
                    return blocks;
                }

                List<Block> read = await part.Reading;
                parts.Dequeue();
                blocks.AddRange(read);
                if (read.Count < part.Asked)
                {
                    return blocks;
                }
            }
        }
        catch
        {
            blocks.ForEach(static block => block.Dispose());
            throw;
        }
        finally
        {
            if (parts.Count > 0)
            {
                End(rest);
                await Task.WhenAll(parts.Select(static part => GiveBackAsync(part.Reading)));
            }
        }
    }

    /// <summary>Waits for a part that nobody wants any more: it holds rented bytes, or a failure that nobody needs to hear of.</summary>
    private static async Task GiveBackAsync(Task<List<Block>> part)
    {
        await Task.WhenAny(part);
        if (part.IsCompletedSuccessfully)
        {
            (await part).ForEach(static block => block.Dispose());
        }

        _ = part.Exception;
    }

    // On this thread: what is asked is asked in one order, also in tests.
    private static void End(CancellationTokenSource rest) => rest.Cancel();

    private async Task<List<Block>> ReadPartAsync(long fromHeight, int count, AddressSet watched, CancellationToken cancellationToken)
    {
        long toHeight = fromHeight + count - 1;
        bool anyone = watched.Count > 0;
        LogFilter? filter = anyone ? endpoint.FilterFor(plan, watched) : null;
        bool logsAtOnce = anyone && (plan.TokenContracts.Count > 0 || (plan.Native && (endpoint.SawNativeLogs || !ChecksBloom)));
        List<JsonRpcCall> calls = [];
        for (long height = fromHeight; height <= toHeight; height++)
        {
            calls.Add(new JsonRpcCall("eth_getBlockByNumber", $@"[""{HexText.Quantity(height)}"",{(anyone && plan.Native ? "true" : "false")}]") { IsFinal = endpoint.IsFinal(height) });
        }

        List<(long From, long To)> ranges = logsAtOnce ? Split(fromHeight, toHeight) : [];
        calls.AddRange(ranges.Select(range => filter!.ForRange(range.From, range.To)));
        bool askHead = endpoint.Head < toHeight;
        if (askHead)
        {
            calls.Add(new JsonRpcCall("eth_getBlockByNumber", """["latest",false]"""));
        }

        List<BlockData> drafts = [];
        try
        {
            List<(long From, long To)> open = [];
            using (JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken))
            {
                if (askHead)
                {
                    TakeHead(replies[calls.Count - 1]);
                }

                ReadBlocks(replies, fromHeight, count, anyone ? watched : null, drafts);
                long bytes = 0;
                for (int index = 0; index < count + ranges.Count; index++)
                {
                    bytes += replies[index].Result.Length;
                }

                endpoint.SawBlockBytes(bytes / drafts.Count);
                for (int index = 0; index < ranges.Count; index++)
                {
                    TakeLogs(replies[count + index], ranges[index], filter!, drafts, open);
                }
            }

            if (anyone && !logsAtOnce && plan.Native && drafts.Exists(draft => draft.HasBloom && LogFilter.MayHoldNativeLogs(draft.Bloom)))
            {
                open.Add((fromHeight, drafts[^1].Point.Height));
            }

            // What was answered by now is of these addresses alone, also where the rest is asked for without them.
            AddressSet? readFor = filter?.OnlyFor;
            if (filter is not null)
            {
                filter = await ReadOpenLogsAsync(filter, watched, open, drafts, cancellationToken);
            }

            if (anyone)
            {
                endpoint.HasShownLogs = true;
                await ProveAsync(drafts, filter!, logsAtOnce, watched, cancellationToken);
            }

            return [.. drafts.Select(draft => draft.ToBlock(plan, anyone ? readFor : watched))];
        }
        finally
        {
            drafts.ForEach(static draft => draft.Dispose());
        }
    }

    private void TakeHead(JsonRpcReply reply)
    {
        if (reply.Error is null && !reply.IsNull)
        {
            endpoint.SawHead(AnswerReader.Read(endpoint, reply, static (json, endpoint) => BlockParser.ReadHeader(json, endpoint.Name)).Point.Height);
        }
    }

    private void ReadBlocks(JsonRpcReplies replies, long fromHeight, int count, AddressSet? addresses, List<BlockData> drafts)
    {
        WatchPlan watched = addresses is not null ? plan : plan.WithoutNative;
        for (int index = 0; index < count; index++)
        {
            BlockData? draft = whole.ReadBlock(replies[index], watched, addresses);
            if (draft is null)
            {
                break;
            }

            drafts.Add(draft);
            if (draft.Point.Height != fromHeight + index)
            {
                AnswerCheck.Fail(endpoint.Name, AnswerCheck.BlockHash, $"it was asked for block {fromHeight + index} and answered {draft.Point}");
            }

            whole.Check(draft, watched);
            if (index > 0 && draft.ParentHash != drafts[index - 1].Point.Hash)
            {
                AnswerCheck.Fail(endpoint.Name, AnswerCheck.Links, $"block {draft.Point} does not follow block {drafts[index - 1].Point}: two nodes answered, or the chain changed");
            }
        }

        if (drafts.Count == 0)
        {
            throw endpoint.Head < fromHeight
                ? new EndpointException(EndpointErrorKind.NotYet, $"endpoint '{endpoint.Name}' is at height {endpoint.Head}")
                : new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' has no block {fromHeight}, though its head is {endpoint.Head}");
        }
    }

    private List<(long From, long To)> Split(long from, long to)
    {
        List<(long From, long To)> ranges = [];
        for (long start = from; start <= to;)
        {
            long end = Math.Min(to, start + Math.Min(endpoint.LogRange.Limit, to - from + 1) - 1);
            ranges.Add((start, end));
            start = end + 1;
        }

        return ranges;
    }

    /// <summary>Asks for the logs that are still missing, in ranges that the endpoint takes. The last block of each is asked for with it, because a node cuts a range off at its head without a word.</summary>
    private async ValueTask<LogFilter> ReadOpenLogsAsync(LogFilter filter, AddressSet watched, List<(long From, long To)> open, List<BlockData> drafts, CancellationToken cancellationToken)
    {
        for (int round = 0; open.Count > 0; round++)
        {
            if (round == MostRounds)
            {
                throw new EndpointException(EndpointErrorKind.Transient, $"endpoint '{endpoint.Name}' refuses ranges of logs of any size");
            }

            if (filter.OnlyFor is not null && endpoint.RefusesAddressLists)
            {
                filter = endpoint.FilterFor(plan, watched);
            }

            List<(long From, long To)> ranges = [.. open.SelectMany(range => Split(range.From, range.To))];
            open.Clear();
            List<JsonRpcCall> calls = [];
            foreach ((long from, long to) in ranges)
            {
                calls.Add(filter.ForRange(from, to));
                calls.Add(new JsonRpcCall("eth_getBlockByNumber", $@"[""{HexText.Quantity(to)}"",false]"));
            }

            using JsonRpcReplies replies = await endpoint.Rpc.CallAsync(calls, cancellationToken);
            for (int index = 0; index < ranges.Count; index++)
            {
                CheckEnd(replies[(index * 2) + 1], drafts[(int)(ranges[index].To - drafts[0].Point.Height)]);
                TakeLogs(replies[index * 2], ranges[index], filter, drafts, open);
            }
        }

        return filter;
    }

    private void CheckEnd(JsonRpcReply reply, BlockData last)
    {
        if (reply.IsNull || AnswerReader.Read(endpoint, reply, static (json, endpoint) => BlockParser.ReadHeader(json, endpoint.Name)).Point != last.Point)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.LogsOfRange, $"it does not have block {last.Point}, up to which its logs were asked for");
        }
    }

    /// <summary>Reads the logs of a range into the blocks. A refused range is noted to be asked for again, in parts.</summary>
    public void TakeLogs(JsonRpcReply reply, (long From, long To) range, LogFilter filter, List<BlockData> drafts, List<(long From, long To)> open)
    {
        long last = drafts[^1].Point.Height;
        if (range.From > last)
        {
            return;
        }

        (long From, long To) inside = (range.From, Math.Min(range.To, last));
        long asked = range.To - range.From + 1;
        if (reply.Error is { } error)
        {
            bool canSplit = error.Kind is EndpointErrorKind.RangeTooLarge or EndpointErrorKind.Transient;
            if (!canSplit)
            {
                throw new EndpointException(error);
            }

            // Another reading may have learned it meanwhile: what counts is what was asked.
            if (EvmErrors.IsAboutAddresses(error) && filter.OnlyFor is not null)
            {
                endpoint.RefusesAddressLists = true;
                open.Add(inside);
            }
            else if (asked > 1)
            {
                endpoint.LogRange.Refused(asked, error);
                open.Add(inside);
            }
            else if (error.Kind == EndpointErrorKind.RangeTooLarge)
            {
                // Not even one block: its receipts hold its logs as well.
                drafts[(int)(range.From - drafts[0].Point.Height)].NeedsReceipts = true;
            }
            else
            {
                throw new EndpointException(error);
            }

            return;
        }

        if (reply.IsNull)
        {
            throw new EndpointException(EndpointErrorKind.MissingData, $"endpoint '{endpoint.Name}' does not know the logs of blocks {range.From} to {range.To}");
        }

        int count = 0;
        AnswerReader.Read(endpoint, reply, json =>
        {
            RangeLogs.Found found = RangeLogs.Read(json, range, drafts, plan);
            count = found.Count;
            endpoint.SawNativeLogs |= found.Native;
        });
        if (count >= 1000 && count % 1000 == 0 && asked > 1)
        {
            // A round number: some providers cut off at their limit without a word.
            endpoint.LogRange.Refused(asked, error: null);
            open.Add(inside);
        }
        else
        {
            endpoint.LogRange.Answered(asked);
        }
    }

    /// <summary>Proves what the logs say of payments: by the receipts of their transactions, or all of a block where its logs are in doubt.</summary>
    public async ValueTask ProveAsync(List<BlockData> drafts, LogFilter filter, bool logsRead, AddressSet watched, CancellationToken cancellationToken)
    {
        List<BlockData> suspects = [];
        List<BlockData> busy = [];
        foreach (BlockData draft in drafts)
        {
            if (logsRead && ChecksBloom && draft is { HasBloom: true, LogsSeen: 0 } && filter.FalseAlarm(draft.Bloom) <= TooOften && filter.MayMatch(draft.Bloom))
            {
                draft.NeedsReceipts = true;
            }

            if (draft.NeedsReceipts)
            {
                suspects.Add(draft);
                continue;
            }

            if (plan.Native)
            {
                AddValues(draft);
            }

            if (HasManyCandidates(draft, watched))
            {
                busy.Add(draft);
            }
        }

        await whole.ProveAsync(suspects, cancellationToken);
        suspects.ForEach(static draft => draft.Movements.RemoveGuesses(draft.Transactions));
        await ProveBusyAsync(busy, cancellationToken);
        if (plan.InternalTransfers)
        {
            await whole.TraceAsync(drafts, cancellationToken);
        }

        await ProveCandidatesAsync(drafts, watched, cancellationToken);
    }

    private static void AddValues(BlockData draft)
    {
        for (int index = 0; index < draft.TransactionCount; index++)
        {
            ref readonly TransactionData transaction = ref draft.Transactions[index];
            if (ReceiptParser.MayPay(in transaction))
            {
                draft.Add(ReceiptParser.ValueOf(in transaction, index, proven: false));
            }
        }
    }

    /// <summary>Reads all receipts of blocks in which many transactions pay, where the endpoint gives those of a block at once; where not, each is read for itself afterwards.</summary>
    private async ValueTask ProveBusyAsync(List<BlockData> busy, CancellationToken cancellationToken)
    {
        for (int from = 0; from < busy.Count && endpoint.Receipts != ReceiptCalls.ByTransaction; from += WholeBlocksAtOnce)
        {
            List<BlockData> part = busy.GetRange(from, Math.Min(WholeBlocksAtOnce, busy.Count - from));
            List<BlockData> open = await whole.ReadReceiptsAsync(part, cancellationToken);
            foreach (BlockData draft in part.Except(open))
            {
                draft.Movements.RemoveGuesses(draft.Transactions);
            }
        }
    }

    /// <summary>Whether so many transactions may pay a watched address that all receipts of their block are cheaper than those of each. Logs come in the order of the block, and so do values.</summary>
    private static bool HasManyCandidates(BlockData draft, AddressSet watched)
    {
        int candidates = 0;
        int last = -1;
        foreach (ref readonly Movement movement in draft.Movements.Items)
        {
            if (!movement.Proven && movement.TransactionIndex != last && watched.Contains(movement.To.Bytes))
            {
                last = movement.TransactionIndex;
                candidates++;
            }
        }

        return candidates > MostReceiptsApart;
    }

    /// <summary>Reads the receipts of the transactions that may pay a watched address. What the others did need not be known.</summary>
    private async ValueTask ProveCandidatesAsync(List<BlockData> drafts, AddressSet watched, CancellationToken cancellationToken)
    {
        List<(BlockData Block, int Transaction)> candidates = [];
        HashSet<(BlockData Block, int Transaction)> seen = [];
        foreach (BlockData draft in drafts)
        {
            foreach (ref readonly Movement movement in draft.Movements.Items)
            {
                if (!movement.Proven && watched.Contains(movement.To.Bytes) && seen.Add((draft, movement.TransactionIndex)))
                {
                    candidates.Add((draft, movement.TransactionIndex));
                }
            }
        }

        if (candidates.Count == 0)
        {
            return;
        }

        int part = endpoint.Rpc.BatchLimit;
        for (int from = 0; from < candidates.Count; from += part * ReceiptRequestsAtOnce)
        {
            List<Task<JsonRpcReplies>> requests = [];
            for (int start = from; start < Math.Min(candidates.Count, from + (part * ReceiptRequestsAtOnce)); start += part)
            {
                JsonRpcCall[] calls = [.. candidates.GetRange(start, Math.Min(part, candidates.Count - start)).Select(candidate => whole.TransactionReceipt(candidate.Block, candidate.Transaction))];
                requests.Add(endpoint.Rpc.CallAsync(calls, cancellationToken).AsTask());
            }

            await TakeReceiptsAsync(requests, candidates, from);
        }
    }

    private async ValueTask TakeReceiptsAsync(List<Task<JsonRpcReplies>> requests, List<(BlockData Block, int Transaction)> candidates, int from)
    {
        try
        {
            foreach (Task<JsonRpcReplies> request in requests)
            {
                JsonRpcReplies replies = await request;
                for (int index = 0; index < replies.Count; index++)
                {
                    (BlockData block, int at) = candidates[from++];
                    whole.ReadReceipt(block, at, replies[index]);
                    TransactionData transaction = block.Transactions[at];
                    block.Movements.Settle(at, keepInternal: transaction is { Succeeded: true, HasNativeLogs: false });
                }

                replies.Dispose();
            }
        }
        finally
        {
            // After a failure nobody else waits for the others, which hold rented bytes, or a failure of their own that nobody needs to hear of.
            foreach (Task<JsonRpcReplies> request in requests)
            {
                await Task.WhenAny(request);
                if (request.IsCompletedSuccessfully)
                {
                    (await request).Dispose();
                }

                _ = request.Exception;
            }
        }
    }
}
