using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Reads the answer to <c>eth_getLogs</c> for a range of blocks into those blocks.</summary>
internal static class RangeLogs
{
    /// <summary>What an answer held.</summary>
    /// <param name="Count">How many logs.</param>
    /// <param name="Native">Whether there were transfers of the native coin (EIP-7708) among them.</param>
    public readonly record struct Found(int Count, bool Native);

    /// <summary>Reads and checks the logs, and adds the transfers among them, still unproven, to their blocks.</summary>
    /// <param name="json">The answer.</param>
    /// <param name="range">The heights that were asked for.</param>
    /// <param name="blocks">Blocks that follow each other; logs of the range above the last one are left out.</param>
    /// <param name="plan">What is watched.</param>
    public static Found Read(ReadOnlySpan<byte> json, (long From, long To) range, IReadOnlyList<BlockData> blocks, WatchPlan plan)
    {
        if (TryScan(json, range, blocks, plan, out Found found))
        {
            return found;
        }

        found = ReadWithCare(json, range, blocks, plan);
        ParsingMetrics.ReadWithCare(ParsingMetrics.Logs);
        return found;
    }

    /// <summary>Reads the logs the fast way.</summary>
    /// <returns>False where they are to be read with care; the blocks are as they were then.</returns>
    public static bool TryScan(ReadOnlySpan<byte> answer, (long From, long To) range, IReadOnlyList<BlockData> blocks, WatchPlan plan, out Found found)
    {
        found = default;
        JsonShape shape = ScanMemory.OfThisThread.Log;
        long lowest = blocks[0].Point.Height;
        // Logs come in the order of their blocks: those before the one at hand are done.
        int current = -1;
        BlockData block = blocks[0];
        BlockData.Mark mark = default;
        List<(BlockData Block, BlockData.Mark Mark)>? touched = null;
        JsonScanner json = new(answer);
        json.BeginArray();
        bool first = true;
        int count = 0;
        bool native = false;
        LogData log = default;
        LogData.CommonText common = default;
        for (; json.NextItem(ref first); count++)
        {
            if (!LogData.TryScan(ref json, shape, ref log, ref common) || !IsOfRange(in log, range))
            {
                json.Fail();
                break;
            }

            int index = (int)(log.BlockNumber - lowest);
            if (index >= blocks.Count)
            {
                continue;
            }

            if (index != current)
            {
                current = index;
                block = blocks[index];
                mark = block.Here;
                (touched ??= []).Add((block, mark));
            }

            int transaction = log.BlockHash == block.Point.Hash ? block.Find(log.TransactionHash, log.TransactionIndex) : -1;
            if (transaction < 0)
            {
                json.Fail();
                break;
            }

            native |= Add(block, in log, transaction, plan);
        }

        if (json.End())
        {
            found = new Found(count, native);
            return true;
        }

        for (int index = (touched?.Count ?? 0) - 1; index >= 0; index--)
        {
            touched![index].Block.GoBack(touched[index].Mark, 0, 0);
        }

        return false;
    }

    /// <summary>Reads the logs in whatever legal way they are spelled, and says what is wrong with them.</summary>
    public static Found ReadWithCare(ReadOnlySpan<byte> json, (long From, long To) range, IReadOnlyList<BlockData> blocks, WatchPlan plan)
    {
        string endpoint = blocks[0].Endpoint;
        long lowest = blocks[0].Point.Height;
        Utf8JsonReader reader = JsonWalk.Open(json);
        JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "the logs");
        int count = 0;
        bool native = false;
        for (; JsonWalk.NextItem(ref reader); count++)
        {
            LogData.Read(ref reader, out LogData log);
            if (!IsOfRange(in log, range))
            {
                AnswerCheck.Fail(endpoint, AnswerCheck.LogsOfRange, $"a log of the range {range.From} to {range.To} is removed, pending or of block {log.BlockNumber}");
            }

            int index = (int)(log.BlockNumber - lowest);
            if (index >= blocks.Count)
            {
                continue;
            }

            BlockData block = blocks[index];
            if (log.BlockHash != block.Point.Hash)
            {
                AnswerCheck.Fail(endpoint, AnswerCheck.LogsOfRange, $"a log names block 0x{log.BlockHash}, but the block at that height is {block.Point}");
            }

            int transaction = block.Find(log.TransactionHash, log.TransactionIndex);
            if (transaction < 0)
            {
                AnswerCheck.Fail(endpoint, AnswerCheck.TransactionHash, $"a log is of transaction 0x{log.TransactionHash}, which block {block.Point} does not hold");
            }

            native |= Add(block, in log, transaction, plan);
        }

        JsonWalk.End(ref reader);
        return new Found(count, native);
    }

    private static bool IsOfRange(in LogData log, (long From, long To) range) =>
        log.HasBlockNumber && log.HasBlockHash && log.HasTransactionHash && log.HasTransactionIndex && !log.Removed && log.BlockNumber >= range.From && log.BlockNumber <= range.To;

    private static bool Add(BlockData block, in LogData log, int transaction, WatchPlan plan)
    {
        block.LogsSeen++;
        if (TransferLog.TryReadReceiver(in log, plan, out int asset, out EvmAddress to) && block.Wants(in to))
        {
            Movement movement = TransferLog.Read(in log, asset, in to);
            movement.TransactionId = log.TransactionHash;
            movement.TransactionIndex = transaction;
            movement.Ordinal = 1 + Math.Clamp(log.LogIndex, 0, CallFrames.FirstOrdinal - 2);
            block.Movements.Add(in movement);
        }

        return plan.Native && log.Contract == NativeLogs.Emitter;
    }
}
