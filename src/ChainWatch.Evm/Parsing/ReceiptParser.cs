using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>
/// Reads receipts against the block that they are of, checks them, and adds the movements that they prove. What a transaction did is known from its receipt alone: a
/// failed one moves nothing, whatever value it names.
/// </summary>
internal static class ReceiptParser
{
    private const long PlainTransferGas = 21_000;

    /// <summary>Reads the receipts of a whole block, as an array in the block's order.</summary>
    public static void ReadAll(ReadOnlySpan<byte> json, BlockData block, WatchPlan plan, EvmChecks skipped)
    {
        if (!ReceiptScan.TryReadAll(json, block, plan, skipped))
        {
            ReadAllWithCare(json, block, plan, skipped);
            ParsingMetrics.ReadWithCare(ParsingMetrics.Receipts);
        }
    }

    /// <summary>Reads the receipts of a whole block in whatever legal way they are spelled.</summary>
    public static void ReadAllWithCare(ReadOnlySpan<byte> json, BlockData block, WatchPlan plan, EvmChecks skipped)
    {
        Utf8JsonReader reader = JsonWalk.Open(json);
        JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "the receipts");
        Bloom bloom = default;
        long logs = 0;
        int count = 0;
        while (JsonWalk.NextItem(ref reader))
        {
            ReadOne(ref reader, block, plan, skipped, ref bloom, ref logs, expected: count);
            count++;
        }

        JsonWalk.End(ref reader);
        Finish(block, plan, skipped, count, bloom);
    }

    /// <summary>Checks what only all receipts of a block together can show, and keeps in mind which transactions are without one.</summary>
    public static void Finish(BlockData block, WatchPlan plan, EvmChecks skipped, int count, in Bloom bloom)
    {
        if ((skipped & EvmChecks.ReceiptCount) == EvmChecks.None && count != block.TransactionCount)
        {
            AnswerCheck.Fail(block.Endpoint, AnswerCheck.ReceiptCount, $"block {block.Point} has {block.TransactionCount} transactions, but {count} receipts came");
        }

        if ((skipped & EvmChecks.Bloom) == EvmChecks.None && block.HasBloom && !bloom.SameAs(block.Bloom))
        {
            AnswerCheck.Fail(
                block.Endpoint,
                AnswerCheck.Bloom,
                $"the logs of block {block.Point} do not make its logsBloom: logs are missing or false. If this chain's blooms are no good, set SkippedChecks to Bloom");
        }

        if (plan.Native)
        {
            AddUnproven(block);
        }
    }

    /// <summary>Reads the receipt of one transaction, apart from those of the rest of its block.</summary>
    public static void ReadSingle(ReadOnlySpan<byte> json, BlockData block, WatchPlan plan, EvmChecks skipped, int expected)
    {
        if (!ReceiptScan.TryReadOne(json, block, plan, skipped, expected))
        {
            Bloom bloom = default;
            long unknown = -1;
            Utf8JsonReader reader = JsonWalk.Open(json);
            ReadOne(ref reader, block, plan, skipped, ref bloom, ref unknown, expected);
            JsonWalk.End(ref reader);
            ParsingMetrics.ReadWithCare(ParsingMetrics.Receipts);
        }
    }

    /// <summary>Reads one receipt at whose beginning the reader stands.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="block">The block.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="skipped">Checks to leave out.</param>
    /// <param name="bloom">Where the bits of the logs are added.</param>
    /// <param name="logs">How many logs came before in the block, and after this receipt; -1 when that is not known.</param>
    /// <param name="expected">The place in the block of the receipt's transaction.</param>
    public static void ReadOne(ref Utf8JsonReader reader, BlockData block, WatchPlan plan, EvmChecks skipped, ref Bloom bloom, ref long logs, int expected)
    {
        Receipt receipt = Receipt.Read(ref reader);
        if (!receipt.HasBlockHash || receipt.BlockHash != block.Point.Hash)
        {
            AnswerCheck.Fail(block.Endpoint, AnswerCheck.BlockHash, $"a receipt of block {block.Point} names block {receipt.BlockHash}");
        }

        bool strict = (skipped & EvmChecks.ReceiptCount) == EvmChecks.None;
        int index = block.Find(receipt.TransactionHash, expected);
        if (strict && index != expected)
        {
            AnswerCheck.Fail(
                block.Endpoint,
                index < 0 ? AnswerCheck.TransactionHash : AnswerCheck.ReceiptOrder,
                $"receipt number {expected} of block {block.Point} is of transaction {receipt.TransactionHash}, which stands at {index}");
        }

        if (strict && receipt.HasTransactionIndex && receipt.TransactionIndex != expected)
        {
            AnswerCheck.Fail(block.Endpoint, AnswerCheck.ReceiptOrder, $"receipt number {expected} of block {block.Point} names transactionIndex {receipt.TransactionIndex}");
        }

        if (index >= 0)
        {
            ref TransactionData transaction = ref block.Transactions[index];
            if (transaction.HasReceipt)
            {
                AnswerCheck.Fail(block.Endpoint, AnswerCheck.ReceiptCount, $"two receipts of block {block.Point} are of transaction {receipt.TransactionHash}");
            }

            transaction.HasReceipt = true;
            transaction.Succeeded = receipt.HasStatus ? receipt.Status == 1 : SucceededByGas(receipt.GasUsed, transaction.GasLimit, receipt.LogsNotEmpty);
            AddValue(block, index, in transaction, in receipt, plan);
        }

        AddLogs(block, index, ref receipt, plan, skipped, ref bloom, ref logs);
    }

    private static void AddValue(BlockData block, int index, in TransactionData transaction, in Receipt receipt, WatchPlan plan)
    {
        if (!plan.Native || !transaction.Succeeded || transaction.Value.IsZero)
        {
            return;
        }

        Movement value = ValueOf(in transaction, index, proven: true);
        value.To = receipt.ReceiverOf(in transaction);
        if (!value.HasFrom || value.From != value.To)
        {
            block.Add(in value);
        }
    }

    /// <summary>A transaction that has no receipt where not every one must have: whether it paid is not known.</summary>
    private static void AddUnproven(BlockData block)
    {
        for (int index = 0; index < block.TransactionCount; index++)
        {
            ref TransactionData transaction = ref block.Transactions[index];
            if (!transaction.HasReceipt && MayPay(in transaction))
            {
                block.Add(ValueOf(in transaction, index, proven: false));
            }
        }
    }

    /// <summary>Whether a transaction's value is a payment, if it succeeded. What is sent to oneself is none, whatever became of it.</summary>
    internal static bool MayPay(in TransactionData transaction) => !transaction.Value.IsZero && (!transaction.HasFrom || transaction.From != transaction.To);

    internal static Movement ValueOf(in TransactionData transaction, int index, bool proven) => new()
    {
        TransactionId = transaction.Hash,
        Ordinal = 0,
        Amount = transaction.Value,
        To = transaction.To,
        From = transaction.From,
        HasFrom = transaction.HasFrom,
        Asset = 0,
        TransactionIndex = index,
        Proven = proven,
    };

    private static void AddLogs(BlockData block, int index, ref Receipt receipt, WatchPlan plan, EvmChecks skipped, ref Bloom bloom, ref long logs)
    {
        if (!receipt.HasLogs)
        {
            AnswerCheck.Fail(block.Endpoint, AnswerCheck.Format, $"the receipt of transaction {receipt.TransactionHash} has no logs, not even none");
        }

        bool checkIndex = (skipped & EvmChecks.LogIndex) == EvmChecks.None;
        bool fillBloom = (skipped & EvmChecks.Bloom) == EvmChecks.None && block.HasBloom && logs >= 0;
        long next = logs;
        bool ownValueSeen = false;
        for (int position = 0; JsonWalk.NextItem(ref receipt.Logs); position++)
        {
            LogData.Read(ref receipt.Logs, out LogData log);
            if (log.Removed ||
                (log.HasBlockHash && log.BlockHash != block.Point.Hash) ||
                (log.HasTransactionHash && log.TransactionHash != receipt.TransactionHash && !log.TransactionHash.IsZero))
            {
                AnswerCheck.Fail(block.Endpoint, AnswerCheck.BlockHash, $"a log of transaction {receipt.TransactionHash} is removed, or of another block or transaction");
            }

            if (checkIndex)
            {
                next = next < 0 ? log.LogIndex : next;
                if (!log.HasLogIndex || log.LogIndex != next)
                {
                    AnswerCheck.Fail(
                        block.Endpoint,
                        AnswerCheck.LogIndex,
                        $"log {position} of transaction {receipt.TransactionHash} has logIndex {log.LogIndex}, where {next} was due: logs are missing. If this chain numbers logs otherwise, set SkippedChecks to LogIndex");
                }

                next++;
            }

            if (fillBloom)
            {
                bloom.Add(BloomBits.Of(log.Contract.Bytes));
                for (int topic = 0; topic < log.TopicCount; topic++)
                {
                    bloom.Add(BloomBits.Of(log.Topic(topic)));
                }
            }

            bool native = plan.Native && log.Contract == NativeLogs.Emitter;
            if (!TransferLog.TryRead(in log, plan, out Movement movement))
            {
                continue;
            }

            if (native && index >= 0)
            {
                ref TransactionData transaction = ref block.Transactions[index];
                transaction.HasNativeLogs = true;
                // The log of the transaction's own value tells again what the transaction itself told.
                if (!ownValueSeen && IsOwnValue(in transaction, receipt.ReceiverOf(in transaction), in movement))
                {
                    ownValueSeen = true;
                    continue;
                }
            }

            movement.TransactionId = receipt.TransactionHash;
            movement.TransactionIndex = index >= 0 ? index : (int)Math.Clamp(receipt.TransactionIndex, block.TransactionCount, 1_000_000);
            movement.Ordinal = 1 + position;
            movement.Proven = true;
            block.Add(in movement);
        }

        if (logs >= 0)
        {
            logs = next;
        }
    }

    /// <summary>Whether the log of the native coin tells of what the transaction itself tells.</summary>
    internal static bool IsOwnValue(in TransactionData transaction, in EvmAddress receiver, in Movement movement) =>
        !transaction.Value.IsZero && movement.Amount == transaction.Value && movement.To == receiver && movement.From == transaction.From;

    /// <summary>Before the Byzantium fork receipts do not say. A failed transaction used all its gas and left no logs; a plain transfer uses all its gas as well.</summary>
    internal static bool SucceededByGas(long gasUsed, long gasLimit, bool hasLogs) => gasUsed < gasLimit || hasLogs || gasLimit == PlainTransferGas;

    private ref struct Receipt
    {
        public Hash256 TransactionHash;
        public Hash256 BlockHash;
        public EvmAddress Contract;
        public long TransactionIndex;
        public long Status;
        public long GasUsed;
        public bool HasBlockHash;
        public bool HasTransactionIndex;
        public bool HasStatus;
        public bool HasContract;
        public bool HasLogs;
        public bool LogsNotEmpty;

        /// <summary>Stands at the beginning of the logs: they are read after all else, because their place among the properties is not fixed.</summary>
        public Utf8JsonReader Logs;

        /// <summary>Who receives the transaction's value: where it creates a contract, the receipt knows that one's address best.</summary>
        public readonly EvmAddress ReceiverOf(in TransactionData transaction) => transaction.IsCreation && HasContract ? Contract : transaction.To;

        public static Receipt Read(ref Utf8JsonReader reader)
        {
            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a receipt");
            Receipt receipt = default;
            bool hasHash = false;
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("transactionHash"u8))
                {
                    hasHash = JsonWalk.ReadHash(ref reader, "receipt.transactionHash", out receipt.TransactionHash);
                }
                else if (reader.ValueTextEquals("blockHash"u8))
                {
                    receipt.HasBlockHash = JsonWalk.ReadHash(ref reader, "receipt.blockHash", out receipt.BlockHash);
                }
                else if (reader.ValueTextEquals("transactionIndex"u8))
                {
                    receipt.HasTransactionIndex = JsonWalk.ReadNumber(ref reader, "receipt.transactionIndex", out receipt.TransactionIndex);
                }
                else if (reader.ValueTextEquals("status"u8))
                {
                    receipt.HasStatus = JsonWalk.ReadNumber(ref reader, "receipt.status", out receipt.Status);
                }
                else if (reader.ValueTextEquals("gasUsed"u8))
                {
                    JsonWalk.ReadNumber(ref reader, "receipt.gasUsed", out receipt.GasUsed);
                }
                else if (reader.ValueTextEquals("contractAddress"u8))
                {
                    receipt.HasContract = JsonWalk.ReadAddress(ref reader, "receipt.contractAddress", out receipt.Contract);
                }
                else if (reader.ValueTextEquals("logs"u8))
                {
                    reader.Read();
                    receipt.HasLogs = reader.TokenType == JsonTokenType.StartArray;
                    receipt.Logs = reader;
                    receipt.LogsNotEmpty = receipt.HasLogs && JsonWalk.NextItem(ref reader);
                    reader = receipt.Logs;
                    reader.Skip();
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }

            return hasHash ? receipt : throw new AnswerFormatException("a receipt has no transactionHash");
        }
    }
}
