using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>One log, as receipts and <c>eth_getLogs</c> hold it.</summary>
internal struct LogData
{
    private const int MaxTopics = 4;
    private const int AddressField = 0;
    private const int TopicsField = 1;
    private const int DataField = 2;
    private const int LogIndexField = 3;
    private const int BlockHashField = 4;
    private const int BlockNumberField = 5;
    private const int TransactionHashField = 6;
    private const int TransactionIndexField = 7;

    /// <summary>What logs of the same transaction have in common.</summary>
    private const uint CommonFields = (1 << BlockHashField) | (1 << BlockNumberField) | (1 << TransactionHashField) | (1 << TransactionIndexField);

    public EvmAddress Contract;
    public Hash256 BlockHash;
    public Hash256 TransactionHash;
    public long BlockNumber;
    public long TransactionIndex;
    public long LogIndex;
    public UInt256 Word;
    public int TopicCount;
    public bool Removed;

    /// <summary>True when the data is exactly one word, which <see cref="Word"/> holds.</summary>
    public bool IsOneWord;

    private TopicBuffer _topics;

    /// <summary>Which properties are there, and not null: one bit each, by their places among the names of <see cref="ScanMemory.Log"/>.</summary>
    private uint _present;

    public readonly bool HasLogIndex => Has(LogIndexField);

    public readonly bool HasBlockHash => Has(BlockHashField);

    public readonly bool HasBlockNumber => Has(BlockNumberField);

    public readonly bool HasTransactionHash => Has(TransactionHashField);

    public readonly bool HasTransactionIndex => Has(TransactionIndexField);

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Topic(int index) => ((ReadOnlySpan<byte>)_topics).Slice(index * Hash256.Length, Hash256.Length);

    /// <summary>Reads the log at whose beginning the reader stands.</summary>
    public static void Read(ref Utf8JsonReader reader, out LogData log)
    {
        log = default;
        JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a log");
        bool hasContract = false;
        while (JsonWalk.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("address"u8))
            {
                hasContract = JsonWalk.ReadAddress(ref reader, "log.address", out log.Contract);
            }
            else if (reader.ValueTextEquals("topics"u8))
            {
                log.ReadTopics(ref reader);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                log.ReadData(ref reader);
            }
            else if (reader.ValueTextEquals("logIndex"u8))
            {
                log.Set(LogIndexField, JsonWalk.ReadNumber(ref reader, "log.logIndex", out log.LogIndex));
            }
            else if (reader.ValueTextEquals("blockHash"u8))
            {
                log.Set(BlockHashField, JsonWalk.ReadHash(ref reader, "log.blockHash", out log.BlockHash));
            }
            else if (reader.ValueTextEquals("blockNumber"u8))
            {
                log.Set(BlockNumberField, JsonWalk.ReadNumber(ref reader, "log.blockNumber", out log.BlockNumber));
            }
            else if (reader.ValueTextEquals("transactionHash"u8))
            {
                log.Set(TransactionHashField, JsonWalk.ReadHash(ref reader, "log.transactionHash", out log.TransactionHash));
            }
            else if (reader.ValueTextEquals("transactionIndex"u8))
            {
                log.Set(TransactionIndexField, JsonWalk.ReadNumber(ref reader, "log.transactionIndex", out log.TransactionIndex));
            }
            else if (reader.ValueTextEquals("removed"u8))
            {
                reader.Read();
                log.Removed = reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }
            else
            {
                JsonWalk.SkipValue(ref reader);
            }
        }

        if (!hasContract)
        {
            throw new AnswerFormatException("a log has no address");
        }
    }

    /// <summary>Reads the log that begins here the fast way.</summary>
    /// <param name="json">The scanner.</param>
    /// <param name="shape">The names of a log's properties.</param>
    /// <param name="log">The log; it must hold the one that was read before, or nothing.</param>
    /// <param name="common">What was common to the logs before; nothing at the beginning of a document.</param>
    /// <returns>False where it is to be read with care: the scanner has given up.</returns>
    public static bool TryScan(ref JsonScanner json, JsonShape shape, ref LogData log, ref CommonText common)
    {
        log.TopicCount = 0;
        log.IsOneWord = false;
        log._present = 0;
        log.LogIndex = 0;
        bool hasContract = false;
        CommonText next = default;
        CommonText longest = default;
        bool repeated = false;
        json.BeginObject();
        int place = 0;
        uint met = 0;
        while (true)
        {
            if (place == common.PlaceBefore && common.Length > 0 && !repeated && json.TryRepeat(common.From, common.Length))
            {
                if ((met & common.Fields) != 0)
                {
                    json.Fail();
                    break;
                }

                // The values are those of the log before, and still there.
                repeated = true;
                met |= common.Fields;
                log._present |= common.Present;
                place = common.PlaceAfter;
            }

            int from = json.Position;
            int placeBefore = place;
            if (!json.NextProperty(shape, ref place, out int field))
            {
                break;
            }

            if (field < 0)
            {
                json.Skip(shape, place);
                continue;
            }

            if (!json.IsFirst(field, ref met))
            {
                break;
            }

            switch (field)
            {
                case AddressField:
                    hasContract = json.ReadAddress(out log.Contract);
                    break;
                case TopicsField:
                    log.ScanTopics(ref json);
                    break;
                case DataField:
                    log.ScanData(ref json);
                    break;
                case LogIndexField:
                    log.Set(LogIndexField, json.ReadNumber(out log.LogIndex));
                    break;
                case BlockHashField:
                    log.Set(BlockHashField, json.ReadHash(out log.BlockHash));
                    break;
                case BlockNumberField:
                    log.Set(BlockNumberField, json.ReadNumber(out log.BlockNumber));
                    break;
                case TransactionHashField:
                    log.Set(TransactionHashField, json.ReadHash(out log.TransactionHash));
                    break;
                case TransactionIndexField:
                    log.Set(TransactionIndexField, json.ReadNumber(out log.TransactionIndex));
                    break;
                default:
                    if (!json.TryFalse())
                    {
                        json.Fail();
                    }

                    break;
            }

            if ((CommonFields & (1u << field)) != 0)
            {
                if (next.PlaceAfter != placeBefore || next.Length == 0)
                {
                    next = new CommonText { From = from, PlaceBefore = placeBefore };
                }

                next.Length = json.Position - next.From;
                next.PlaceAfter = place;
                next.Fields |= 1u << field;
                next.Present = log._present & next.Fields;
                longest = next.Length > longest.Length ? next : longest;
            }
        }

        if (!repeated)
        {
            common = longest;
        }

        if (!hasContract)
        {
            json.Fail();
        }

        return !json.Failed;
    }

    private readonly bool Has(int field) => (_present & (1u << field)) != 0;

    private void Set(int field, bool present) => _present = present ? _present | (1u << field) : _present & ~(1u << field);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ScanTopics(ref JsonScanner json)
    {
        json.BeginArray();
        bool first = true;
        while (json.NextItem(ref first))
        {
            if (TopicCount == MaxTopics || !json.ReadHex(((Span<byte>)_topics).Slice(TopicCount * Hash256.Length, Hash256.Length)))
            {
                json.Fail();
                return;
            }

            TopicCount++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ScanData(ref JsonScanner json)
    {
        Span<byte> word = stackalloc byte[Hash256.Length];
        if (json.TryReadHex(word))
        {
            IsOneWord = true;
            Word = UInt256.FromBigEndian(word);
        }
        else if (!json.TryNull())
        {
            json.ReadText();
        }
    }

    private void ReadTopics(ref Utf8JsonReader reader)
    {
        reader.Read();
        JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "log.topics");
        while (JsonWalk.NextItem(ref reader))
        {
            JsonWalk.Expect(ref reader, JsonTokenType.String, "a topic");
            if (TopicCount == MaxTopics)
            {
                throw new AnswerFormatException("a log has more than four topics");
            }

            Span<byte> topic = ((Span<byte>)_topics).Slice(TopicCount * Hash256.Length, Hash256.Length);
            if (!HexText.TryReadData(reader.ValueSpan, topic))
            {
                throw new AnswerFormatException("a topic is not 32 bytes of data");
            }

            TopicCount++;
        }
    }

    private void ReadData(ref Utf8JsonReader reader)
    {
        if (!JsonWalk.ReadText(ref reader, "log.data"))
        {
            return;
        }

        Span<byte> word = stackalloc byte[Hash256.Length];
        IsOneWord = HexText.TryReadData(reader.ValueSpan, word);
        if (IsOneWord)
        {
            Word = UInt256.FromBigEndian(word);
        }
    }

    [InlineArray(MaxTopics * Hash256.Length)]
    private struct TopicBuffer
    {
        private byte _first;
    }

    /// <summary>Where in a document the properties stand that the logs of one transaction have in common: the next log likely holds the very same text.</summary>
    public struct CommonText
    {
        public int From;
        public int Length;
        public int PlaceBefore;
        public int PlaceAfter;
        public uint Fields;
        public uint Present;
    }
}
