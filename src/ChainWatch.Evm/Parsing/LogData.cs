using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>One log, as receipts and <c>eth_getLogs</c> hold it.</summary>
internal struct LogData
{
    private const int MaxTopics = 4;

    public EvmAddress Contract;
    public Hash256 BlockHash;
    public Hash256 TransactionHash;
    public long BlockNumber;
    public long TransactionIndex;
    public long LogIndex;
    public UInt256 Word;
    public int TopicCount;
    public bool HasBlockHash;
    public bool HasTransactionHash;
    public bool HasBlockNumber;
    public bool HasTransactionIndex;
    public bool HasLogIndex;
    public bool Removed;

    /// <summary>True when the data is exactly one word, which <see cref="Word"/> holds.</summary>
    public bool IsOneWord;

    private TopicBuffer _topics;

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
                log.HasLogIndex = JsonWalk.ReadNumber(ref reader, "log.logIndex", out log.LogIndex);
            }
            else if (reader.ValueTextEquals("blockHash"u8))
            {
                log.HasBlockHash = JsonWalk.ReadHash(ref reader, "log.blockHash", out log.BlockHash);
            }
            else if (reader.ValueTextEquals("blockNumber"u8))
            {
                log.HasBlockNumber = JsonWalk.ReadNumber(ref reader, "log.blockNumber", out log.BlockNumber);
            }
            else if (reader.ValueTextEquals("transactionHash"u8))
            {
                log.HasTransactionHash = JsonWalk.ReadHash(ref reader, "log.transactionHash", out log.TransactionHash);
            }
            else if (reader.ValueTextEquals("transactionIndex"u8))
            {
                log.HasTransactionIndex = JsonWalk.ReadNumber(ref reader, "log.transactionIndex", out log.TransactionIndex);
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
    /// <returns>False where it is to be read with care: the scanner has given up.</returns>
    public static bool TryScan(ref JsonScanner json, JsonShape shape, out LogData log)
    {
        log = default;
        bool hasContract = false;
        json.BeginObject();
        int place = 0;
        uint met = 0;
        while (json.NextProperty(shape, ref place, out int field))
        {
            if (field < 0)
            {
                json.Skip();
                continue;
            }

            if (!json.IsFirst(field, ref met))
            {
                break;
            }

            switch (field)
            {
                case 0:
                    hasContract = json.ReadAddress(out log.Contract);
                    break;
                case 1:
                    log.ScanTopics(ref json);
                    break;
                case 2:
                    log.ScanData(ref json);
                    break;
                case 3:
                    log.HasLogIndex = json.ReadNumber(out log.LogIndex);
                    break;
                case 4:
                    log.HasBlockHash = json.ReadHash(out log.BlockHash);
                    break;
                case 5:
                    log.HasBlockNumber = json.ReadNumber(out log.BlockNumber);
                    break;
                case 6:
                    log.HasTransactionHash = json.ReadHash(out log.TransactionHash);
                    break;
                case 7:
                    log.HasTransactionIndex = json.ReadNumber(out log.TransactionIndex);
                    break;
                default:
                    if (!json.TryFalse())
                    {
                        json.Fail();
                    }

                    break;
            }
        }

        if (!hasContract)
        {
            json.Fail();
        }

        return !json.Failed;
    }

    private void ScanTopics(ref JsonScanner json)
    {
        json.BeginArray();
        bool first = true;
        while (json.NextItem(ref first))
        {
            if (TopicCount == MaxTopics || !HexText.TryReadData(json.ReadText(), ((Span<byte>)_topics).Slice(TopicCount * Hash256.Length, Hash256.Length)))
            {
                json.Fail();
                return;
            }

            TopicCount++;
        }
    }

    private void ScanData(ref JsonScanner json)
    {
        if (json.TryNull())
        {
            return;
        }

        ReadOnlySpan<byte> text = json.ReadText();
        Span<byte> word = stackalloc byte[Hash256.Length];
        IsOneWord = HexText.TryReadData(text, word);
        if (IsOneWord)
        {
            Word = UInt256.FromBigEndian(word);
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
}
