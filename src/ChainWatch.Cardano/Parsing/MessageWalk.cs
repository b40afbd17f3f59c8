using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>
/// Reads a message in whatever legal way it is spelled, however deep what is passed over nests (metadata and scripts may, up to what fits into a transaction), and says what is wrong with one that it refuses. Unknown
/// properties, types and eras are passed over; known ones of another shape are refused, since guessing would lose payments or make them up.
/// </summary>
internal static class MessageWalk
{
    /// <exception cref="CardanoFormatException">It is not of the protocol's shape.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static void Read(ReadOnlySpan<byte> json, OgmiosMessage message)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        reader.Read();
        bool answered = false;
        message.Kind = MessageKind.Result;
        message.Id = null;
        for (Expect(reader, JsonTokenType.StartObject, "the message"); Next(ref reader);)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                message.Id = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long id) ? id : null;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("result"u8) || reader.ValueTextEquals("error"u8))
            {
                if (answered)
                {
                    throw new CardanoFormatException("the message has more than one result");
                }

                bool failed = reader.ValueTextEquals("error"u8);
                answered = true;
                reader.Read();
                int from = (int)reader.TokenStartIndex;
                if (!failed && reader.TokenType == JsonTokenType.StartObject)
                {
                    ReadResult(ref reader, message);
                }
                else
                {
                    reader.Skip();
                }

                message.Kind = failed ? MessageKind.Error : message.Kind;
                message.Content = from..(int)reader.BytesConsumed;
            }
            else
            {
                Pass(ref reader);
            }
        }

        // The reader throws where anything but white space follows.
        reader.Read();
        if (!answered)
        {
            throw new CardanoFormatException("the message has neither a result nor an error; this server does not speak the protocol of Ogmios v6 or v7");
        }
    }

    private static void ReadResult(ref Utf8JsonReader reader, OgmiosMessage message)
    {
        bool hasPoint = false;
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("direction"u8))
            {
                reader.Read();
                message.Kind = reader.TokenType != JsonTokenType.String ? throw Wrong("direction")
                    : reader.ValueTextEquals("forward"u8) ? MessageKind.Forward
                    : reader.ValueTextEquals("backward"u8) ? MessageKind.Backward
                    : throw Wrong("direction");
            }
            else if (reader.ValueTextEquals("block"u8))
            {
                reader.Read();
                message.Block = message.Block is null ? new BlockData() : throw Wrong("block");
                ReadBlock(ref reader, message.Block);
            }
            else if (reader.ValueTextEquals("point"u8))
            {
                hasPoint = true;
                message.Point = ReadPoint(ref reader, "point", out _);
            }
            else if (reader.ValueTextEquals("tip"u8))
            {
                CardanoPoint tip = ReadPoint(ref reader, "tip", out long height);
                message.Tip = tip.IsOrigin ? null : new ChainPoint(height, tip.Hash) { Slot = tip.Slot };
            }
            else
            {
                Pass(ref reader);
            }
        }

        if ((message.Kind == MessageKind.Forward && message.Block is null) || (message.Kind == MessageKind.Backward && !hasPoint))
        {
            throw new CardanoFormatException("a step of the chain has no block or point");
        }
    }

    private static CardanoPoint ReadPoint(ref Utf8JsonReader reader, string what, out long height)
    {
        height = -1;
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.ValueTextEquals("origin"u8) ? CardanoPoint.Origin : throw Wrong(what);
        }

        Expect(reader, JsonTokenType.StartObject, what);
        long? slot = null;
        Hash256? hash = null;
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("slot"u8))
            {
                slot = ReadNumber(ref reader, what);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                hash = ReadHash(ref reader, what);
            }
            else if (reader.ValueTextEquals("height"u8))
            {
                height = ReadNumber(ref reader, what);
            }
            else
            {
                Pass(ref reader);
            }
        }

        return new CardanoPoint(slot ?? throw Wrong(what), hash ?? throw Wrong(what));
    }

    private static void ReadBlock(ref Utf8JsonReader reader, BlockData block)
    {
        Expect(reader, JsonTokenType.StartObject, "block");
        bool hasHash = false;
        bool hasAncestor = false;
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("id"u8))
            {
                block.Hash = ReadHash(ref reader, "block.id");
                hasHash = true;
            }
            else if (reader.ValueTextEquals("ancestor"u8))
            {
                reader.Read();
                Expect(reader, JsonTokenType.String, "block.ancestor");
                block.Ancestor = HexText.TryReadHash(reader.ValueSpan, out Hash256 hash) || reader.ValueTextEquals("genesis"u8) ? hash : throw Wrong("block.ancestor");
                hasAncestor = true;
            }
            else if (reader.ValueTextEquals("height"u8))
            {
                block.Height = ReadNumber(ref reader, "block.height");
            }
            else if (reader.ValueTextEquals("slot"u8))
            {
                block.Slot = ReadNumber(ref reader, "block.slot");
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                Expect(reader, JsonTokenType.String, "block.type");
                block.IsBoundary = reader.ValueTextEquals("ebb"u8);
            }
            else if (reader.ValueTextEquals("transactions"u8))
            {
                if (block.HasTransactions)
                {
                    throw Wrong("block.transactions");
                }

                block.HasTransactions = true;
                ReadTransactions(ref reader, block, isSub: false);
            }
            else
            {
                Pass(ref reader);
            }
        }

        if (!hasHash || !hasAncestor || block.Height < 0)
        {
            throw new CardanoFormatException("a block has no id, ancestor or height");
        }
    }

    private static void ReadTransactions(ref Utf8JsonReader reader, BlockData block, bool isSub)
    {
        reader.Read();
        Expect(reader, JsonTokenType.StartArray, "transactions");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ReadTransaction(ref reader, block, isSub);
        }
    }

    private static void ReadTransaction(ref Utf8JsonReader reader, BlockData block, bool isSub)
    {
        Expect(reader, JsonTokenType.StartObject, "a transaction");
        TransactionDraft draft = new(block, isSub);
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("id"u8))
            {
                ReadHash(ref reader, "transaction.id");
                draft.Place.IdAt = (int)reader.TokenStartIndex + 1;
            }
            else if (reader.ValueTextEquals("spends"u8))
            {
                reader.Read();
                Expect(reader, JsonTokenType.String, "transaction.spends");
                draft.Spends(reader.ValueSpan);
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                draft.HasOutputs();
                reader.Read();
                Expect(reader, JsonTokenType.StartArray, "transaction.outputs");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    draft.AddOutput(ReadOutput(ref reader));
                }
            }
            else if (reader.ValueTextEquals("collateralReturn"u8))
            {
                reader.Read();
                draft.Return = ReadOutput(ref reader);
            }
            else if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null)
                {
                    draft.Place.LabelsAt = FindLabels(ref reader);
                }
            }
            else if (reader.ValueTextEquals("inputs"u8) || reader.ValueTextEquals("collaterals"u8))
            {
                bool isInputs = reader.ValueTextEquals("inputs"u8);
                reader.Read();
                Expect(reader, JsonTokenType.StartArray, "transaction.inputs");
                draft.InputsAt = isInputs ? (int)reader.TokenStartIndex : draft.InputsAt;
                draft.CollateralsAt = isInputs ? draft.CollateralsAt : (int)reader.TokenStartIndex;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("subTransactions"u8) && !isSub)
            {
                ReadTransactions(ref reader, block, isSub: true);
            }
            else
            {
                Pass(ref reader);
            }
        }

        if (draft.End() is { } wrong)
        {
            throw new CardanoFormatException(wrong);
        }
    }

    private static int FindLabels(ref Utf8JsonReader reader)
    {
        Expect(reader, JsonTokenType.StartObject, "transaction.metadata");
        int at = -1;
        while (Next(ref reader))
        {
            bool isLabels = reader.ValueTextEquals("labels"u8);
            reader.Read();
            at = isLabels ? (int)reader.TokenStartIndex : at;
            reader.Skip();
        }

        return at;
    }

    private static OutputPlace ReadOutput(ref Utf8JsonReader reader)
    {
        OutputPlace output = new() { AddressAt = -1, ValueAt = -1 };
        Expect(reader, JsonTokenType.StartObject, "an output");
        while (Next(ref reader))
        {
            if (reader.ValueTextEquals("address"u8) && output.AddressAt < 0)
            {
                reader.Read();

                // It is looked at where it stands. No address needs an escape.
                Expect(reader, reader.ValueIsEscaped ? JsonTokenType.None : JsonTokenType.String, "output.address");
                output.AddressAt = (int)reader.TokenStartIndex + 1;
                output.AddressLength = reader.ValueSpan.Length;
            }
            else if (reader.ValueTextEquals("value"u8) && output.ValueAt < 0)
            {
                reader.Read();
                Expect(reader, JsonTokenType.StartObject, "output.value");
                output.ValueAt = (int)reader.TokenStartIndex;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("address"u8) || reader.ValueTextEquals("value"u8))
            {
                throw new CardanoFormatException("an output has two addresses or values");
            }
            else
            {
                Pass(ref reader);
            }
        }

        return output.AddressAt < 0 || output.ValueAt < 0 ? throw new CardanoFormatException("an output has no address or no value") : output;
    }

    private static Hash256 ReadHash(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String && HexText.TryReadHash(reader.ValueSpan, out Hash256 hash) ? hash : throw Wrong(what);
    }

    private static long ReadNumber(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Number && DecimalText.TryRead(reader.ValueSpan, out long value) ? value : throw Wrong(what);
    }

    /// <summary>Goes to the next property's name; false at the object's end.</summary>
    private static bool Next(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Passes over the value of a property.</summary>
    private static void Pass(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private static void Expect(in Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw Wrong(what);
        }
    }

    private static CardanoFormatException Wrong(string what) => new($"{what} is not of the protocol's shape");
}
