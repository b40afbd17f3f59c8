using System.Buffers;
using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Reads the answer to <c>trace_block</c>: all calls of all transactions of a block in one list, each with its path in its transaction's tree.</summary>
internal static class FlatTraceParser
{
    private const int MaxDepth = 1100;

    public static void ReadBlock(ReadOnlySpan<byte> json, BlockData block, CallFrames frames)
    {
        Utf8JsonReader reader = JsonWalk.Open(json);
        JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "the traces");
        // The newest call at each depth: the parent of the next one below.
        int[] path = ArrayPool<int>.Shared.Rent(MaxDepth);
        try
        {
            frames.Clear();
            int current = -1;
            int traced = 0;
            while (JsonWalk.NextItem(ref reader))
            {
                Item item = Item.Read(ref reader);
                if (!item.HasTransaction)
                {
                    // A reward of the block itself: no transaction, and no payment.
                    continue;
                }

                if (item.BlockHash != block.Point.Hash)
                {
                    AnswerCheck.Fail(block.Endpoint, AnswerCheck.Traces, $"a trace of block {block.Point} names block {item.BlockHash}");
                }

                if (item.Depth == 0)
                {
                    if (current >= 0)
                    {
                        frames.AddMovements(block, current);
                    }

                    current = block.Find(item.TransactionHash, current + 1);
                    if (current != traced++)
                    {
                        AnswerCheck.Fail(block.Endpoint, AnswerCheck.Traces, $"the traces of block {block.Point} do not follow its transactions");
                    }

                    frames.Clear();
                }

                if (current < 0 || item.Depth >= MaxDepth || (item.Depth > 0 && frames.Count == 0))
                {
                    AnswerCheck.Fail(block.Endpoint, AnswerCheck.Traces, $"the traces of block {block.Point} do not begin with a transaction");
                }

                int index = frames.Add(item.Depth == 0 ? -1 : path[item.Depth - 1]);
                path[item.Depth] = index;
                int parent = frames[index].Parent;
                frames[index] = item.Frame;
                frames[index].Parent = parent;
            }

            if (current >= 0)
            {
                frames.AddMovements(block, current);
            }

            if (traced != block.TransactionCount)
            {
                AnswerCheck.Fail(block.Endpoint, AnswerCheck.Traces, $"block {block.Point} has {block.TransactionCount} transactions, of which {traced} were traced");
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(path);
        }
    }

    private struct Item
    {
        public CallFrame Frame;
        public Hash256 TransactionHash;
        public Hash256 BlockHash;
        public int Depth;
        public bool HasTransaction;
        private bool _isSuicide;
        private bool _isCreate;
        private bool _isCall;
        private bool _isPlainCall;
        private EvmAddress _address;
        private EvmAddress _refund;
        private UInt256 _balance;

        public static Item Read(ref Utf8JsonReader reader)
        {
            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a trace");
            Item item = default;
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("action"u8))
                {
                    item.ReadAction(ref reader);
                }
                else if (reader.ValueTextEquals("result"u8))
                {
                    item.ReadResult(ref reader);
                }
                else if (reader.ValueTextEquals("blockHash"u8))
                {
                    JsonWalk.ReadHash(ref reader, "trace.blockHash", out item.BlockHash);
                }
                else if (reader.ValueTextEquals("transactionHash"u8))
                {
                    item.HasTransaction = JsonWalk.ReadHash(ref reader, "trace.transactionHash", out item.TransactionHash);
                }
                else if (reader.ValueTextEquals("traceAddress"u8))
                {
                    reader.Read();
                    JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "traceAddress");
                    while (JsonWalk.NextItem(ref reader))
                    {
                        item.Depth++;
                    }
                }
                else if (reader.ValueTextEquals("error"u8))
                {
                    reader.Read();
                    item.Frame.Void = reader.TokenType != JsonTokenType.Null;
                    reader.Skip();
                }
                else if (reader.ValueTextEquals("type"u8))
                {
                    reader.Read();
                    item._isCall = reader.ValueTextEquals("call"u8);
                    item._isCreate = reader.ValueTextEquals("create"u8);
                    item._isSuicide = reader.ValueTextEquals("suicide"u8) || reader.ValueTextEquals("selfdestruct"u8);
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }

            item.Finish();
            return item;
        }

        private void Finish()
        {
            if (_isSuicide)
            {
                Frame.Kind = CallKind.SelfDestruct;
                Frame.From = _address;
                Frame.To = _refund;
                Frame.Value = _balance;
            }
            else if (_isCreate)
            {
                Frame.Kind = CallKind.Create;
            }
            else if (_isCall && _isPlainCall)
            {
                Frame.Kind = CallKind.Call;
            }
        }

        private void ReadAction(ref Utf8JsonReader reader)
        {
            reader.Read();
            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a trace's action");
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("from"u8))
                {
                    JsonWalk.ReadAddress(ref reader, "action.from", out Frame.From);
                }
                else if (reader.ValueTextEquals("to"u8))
                {
                    JsonWalk.ReadAddress(ref reader, "action.to", out Frame.To);
                }
                else if (reader.ValueTextEquals("value"u8))
                {
                    JsonWalk.ReadQuantity(ref reader, "action.value", out Frame.Value);
                }
                else if (reader.ValueTextEquals("callType"u8))
                {
                    reader.Read();
                    _isPlainCall = reader.ValueTextEquals("call"u8);
                }
                else if (reader.ValueTextEquals("address"u8))
                {
                    JsonWalk.ReadAddress(ref reader, "action.address", out _address);
                }
                else if (reader.ValueTextEquals("refundAddress"u8))
                {
                    JsonWalk.ReadAddress(ref reader, "action.refundAddress", out _refund);
                }
                else if (reader.ValueTextEquals("balance"u8))
                {
                    JsonWalk.ReadQuantity(ref reader, "action.balance", out _balance);
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }
        }

        private void ReadResult(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("address"u8))
                {
                    JsonWalk.ReadAddress(ref reader, "result.address", out Frame.To);
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }
        }
    }
}
