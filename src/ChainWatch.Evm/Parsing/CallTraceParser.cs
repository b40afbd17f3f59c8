using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Reads the answer to <c>debug_traceBlockByHash</c> with the call tracer: for each transaction a tree of calls. It is walked without recursion, since an attacker chooses its depth.</summary>
internal static class CallTraceParser
{
    public static void ReadBlock(ReadOnlySpan<byte> json, BlockData block, CallFrames frames)
    {
        Utf8JsonReader reader = JsonWalk.Open(json);
        JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "the traces");
        int index = 0;
        for (; JsonWalk.NextItem(ref reader); index++)
        {
            if (index >= block.TransactionCount)
            {
                break;
            }

            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a trace");
            frames.Clear();
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("result"u8))
                {
                    reader.Read();
                    ReadTree(ref reader, frames);
                }
                else if (reader.ValueTextEquals("txHash"u8))
                {
                    if (JsonWalk.ReadHash(ref reader, "trace.txHash", out Hash256 hash) && hash != block.Transactions[index].Hash)
                    {
                        AnswerCheck.Fail(block.Endpoint, AnswerCheck.Traces, $"trace number {index} of block {block.Point} is of transaction {hash}");
                    }
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }

            if (frames.Count == 0)
            {
                AnswerCheck.Fail(block.Endpoint, AnswerCheck.Traces, $"transaction number {index} of block {block.Point} was not traced");
            }

            frames.AddMovements(block, index);
        }

        if (index != block.TransactionCount || reader.TokenType != JsonTokenType.EndArray)
        {
            AnswerCheck.Fail(block.Endpoint, AnswerCheck.Traces, $"block {block.Point} has {block.TransactionCount} transactions, which is not how many traces came");
        }
    }

    /// <summary>Reads the tree of calls at whose beginning the reader stands.</summary>
    public static void ReadTree(ref Utf8JsonReader reader, CallFrames frames)
    {
        JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a call");
        int current = frames.Add(parent: -1);
        while (current >= 0)
        {
            if (!reader.Read())
            {
                throw new AnswerFormatException("a trace breaks off");
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    current = frames.Add(current);
                    break;
                case JsonTokenType.EndObject:
                    current = frames[current].Parent;
                    break;
                case JsonTokenType.EndArray:
                    // The end of a call's own calls: on with its other properties.
                    break;
                case JsonTokenType.PropertyName:
                    ReadProperty(ref reader, ref frames[current]);
                    break;
                default:
                    throw new AnswerFormatException($"a call holds a {reader.TokenType}");
            }
        }
    }

    private static void ReadProperty(ref Utf8JsonReader reader, ref CallFrame frame)
    {
        if (reader.ValueTextEquals("calls"u8))
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null)
            {
                JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "calls");
            }
        }
        else if (reader.ValueTextEquals("from"u8))
        {
            JsonWalk.ReadAddress(ref reader, "call.from", out frame.From);
        }
        else if (reader.ValueTextEquals("to"u8))
        {
            JsonWalk.ReadAddress(ref reader, "call.to", out frame.To);
        }
        else if (reader.ValueTextEquals("value"u8))
        {
            JsonWalk.ReadQuantity(ref reader, "call.value", out frame.Value);
        }
        else if (reader.ValueTextEquals("type"u8))
        {
            reader.Read();
            frame.Kind = KindOf(ref reader);
        }
        else if (reader.ValueTextEquals("error"u8))
        {
            reader.Read();
            frame.Void = reader.TokenType != JsonTokenType.Null;
            reader.Skip();
        }
        else
        {
            JsonWalk.SkipValue(ref reader);
        }
    }

    private static CallKind KindOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("CALL"u8) ? CallKind.Call
        : reader.ValueTextEquals("CREATE"u8) || reader.ValueTextEquals("CREATE2"u8) ? CallKind.Create
        : reader.ValueTextEquals("SELFDESTRUCT"u8) ? CallKind.SelfDestruct
        : CallKind.MovesNothing;
}
