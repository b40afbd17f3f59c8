using System.Runtime.CompilerServices;

namespace ChainWatch.Evm;

/// <summary>
/// Reads receipts the fast way: each in one pass, as the receipt of the transaction that it is expected to be of. It takes them only where <see cref="ReceiptParser"/> reads
/// the same from them; all else, every failed check too, it leaves to that one, which says what is wrong.
/// </summary>
internal static class ReceiptScan
{
    /// <summary>Reads the receipts of a whole block.</summary>
    /// <returns>False where they are to be read with care; the block is as it was then.</returns>
    public static bool TryReadAll(ReadOnlySpan<byte> answer, BlockData block, WatchPlan plan, EvmChecks skipped)
    {
        ScanMemory memory = ScanMemory.OfThisThread;
        BlockData.Mark mark = block.Here;
        BloomFiller? blooms = (skipped & EvmChecks.Bloom) == EvmChecks.None && block.HasBloom ? memory.Blooms : null;
        blooms?.Begin();
        JsonScanner json = new(answer);
        json.BeginArray();
        long logs = 0;
        int count = 0;
        bool first = true;
        while (json.NextItem(ref first))
        {
            if (count == block.TransactionCount)
            {
                json.Fail();
                break;
            }

            ReadOne(ref json, memory, block, plan, skipped, blooms, ref logs, count++);
        }

        if (json.End() && count == block.TransactionCount && (blooms is null || blooms.Finish().SameAs(block.Bloom)))
        {
            return true;
        }

        block.GoBack(mark, 0, Math.Min(count, block.TransactionCount));
        return false;
    }

    /// <summary>Reads the receipt of one transaction, apart from those of the rest of its block.</summary>
    /// <returns>False where it is to be read with care; the block is as it was then.</returns>
    public static bool TryReadOne(ReadOnlySpan<byte> answer, BlockData block, WatchPlan plan, EvmChecks skipped, int expected)
    {
        BlockData.Mark mark = block.Here;
        JsonScanner json = new(answer);
        long logs = -1;
        ReadOne(ref json, ScanMemory.OfThisThread, block, plan, skipped, blooms: null, ref logs, expected);
        if (json.End())
        {
            return true;
        }

        block.GoBack(mark, expected, 1);
        return false;
    }

    private static void ReadOne(ref JsonScanner json, ScanMemory memory, BlockData block, WatchPlan plan, EvmChecks skipped, BloomFiller? blooms, ref long logs, int expected)
    {
        ref TransactionData transaction = ref block.Transactions[expected];
        bool strict = (skipped & EvmChecks.ReceiptCount) == EvmChecks.None;
        bool rightTransaction = false;
        bool rightBlock = false;
        bool hasLogs = false;
        bool hasStatus = false;
        bool hasContract = false;
        long status = 0;
        long gasUsed = 0;
        EvmAddress contract = default;
        int logCount = 0;
        int movements = block.Movements.Count;
        if (transaction.HasReceipt)
        {
            json.Fail();
        }

        json.BeginObject();
        int place = 0;
        uint met = 0;
        while (json.NextProperty(memory.Receipt, ref place, out int field))
        {
            if (field < 0)
            {
                json.Skip(memory.Receipt, place);
                continue;
            }

            if (!json.IsFirst(field, ref met))
            {
                break;
            }

            switch (field)
            {
                case 0:
                    rightTransaction = json.ReadHash(out Hash256 hash) && hash == transaction.Hash;
                    break;
                case 1:
                    rightBlock = json.ReadHash(out Hash256 blockHash) && blockHash == block.Point.Hash;
                    break;
                case 2:
                    if (json.ReadNumber(out long index) && strict && index != expected)
                    {
                        json.Fail();
                    }

                    break;
                case 3:
                    hasStatus = json.ReadNumber(out status);
                    break;
                case 4:
                    json.ReadNumber(out gasUsed);
                    break;
                case 5:
                    hasContract = json.ReadAddress(out contract);
                    break;
                default:
                    hasLogs = true;
                    logCount = ReadLogs(ref json, memory, block, plan, skipped, blooms, ref logs, expected);
                    break;
            }
        }

        if (!rightTransaction || !rightBlock || !hasLogs || json.Failed)
        {
            json.Fail();
            return;
        }

        transaction.HasReceipt = true;
        transaction.Succeeded = hasStatus ? status == 1 : ReceiptParser.SucceededByGas(gasUsed, transaction.GasLimit, logCount > 0);
        if (!plan.Native || !transaction.Succeeded || transaction.Value.IsZero)
        {
            return;
        }

        ref readonly EvmAddress to = ref (transaction.IsCreation && hasContract ? ref contract : ref transaction.To);
        if ((!transaction.HasFrom || transaction.From != to) && block.Wants(in to))
        {
            Movement value = ReceiptParser.ValueOf(in transaction, expected, proven: true);
            value.To = to;
            block.Movements.Insert(movements, in value);
        }
    }

    private static int ReadLogs(ref JsonScanner json, ScanMemory memory, BlockData block, WatchPlan plan, EvmChecks skipped, BloomFiller? blooms, ref long logs, int expected)
    {
        ref TransactionData transaction = ref block.Transactions[expected];
        bool checkIndex = (skipped & EvmChecks.LogIndex) == EvmChecks.None;
        long next = logs;
        bool ownValueSeen = false;
        json.BeginArray();
        bool first = true;
        int position = 0;
        ref LogData log = ref memory.LastLog;
        LogData.CommonText common = default;
        for (; json.NextItem(ref first); position++)
        {
            if (!LogData.TryScan(ref json, memory.Log, ref log, ref common) ||
                (log.HasBlockHash && log.BlockHash != block.Point.Hash) ||
                (log.HasTransactionHash && log.TransactionHash != transaction.Hash && !log.TransactionHash.IsZero))
            {
                json.Fail();
                break;
            }

            if (checkIndex)
            {
                next = next < 0 ? log.LogIndex : next;
                if (!log.HasLogIndex || log.LogIndex != next)
                {
                    json.Fail();
                    break;
                }

                next++;
            }

            blooms?.Add(in log);
            if (!TransferLog.TryReadReceiver(in log, plan, out int asset, out EvmAddress to))
            {
                continue;
            }

            if (plan.Native && log.Contract == NativeLogs.Emitter)
            {
                if (transaction.IsCreation)
                {
                    // Whether this is the transaction's own value depends on the address that the rest of the receipt names.
                    json.Fail();
                    break;
                }

                transaction.HasNativeLogs = true;
                if (!ownValueSeen && ReceiptParser.IsOwnValue(in transaction, in transaction.To, TransferLog.Read(in log, asset, in to)))
                {
                    ownValueSeen = true;
                    continue;
                }
            }

            if (!block.Wants(in to))
            {
                continue;
            }

            AddMovement(block, in log, asset, in to, expected, position);
        }

        if (logs >= 0)
        {
            logs = next;
        }

        return position;
    }

    /// <summary>Apart, as few logs pay: what it keeps on the stack need not be cleared for all others.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddMovement(BlockData block, in LogData log, int asset, in EvmAddress to, int transaction, int position)
    {
        Movement movement = TransferLog.Read(in log, asset, in to);
        movement.TransactionId = block.Transactions[transaction].Hash;
        movement.TransactionIndex = transaction;
        movement.Ordinal = 1 + position;
        movement.Proven = true;
        block.Movements.Add(in movement);
    }
}
