using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>Reads which outputs a transaction spends: its inputs, or, where its scripts failed, its collaterals.</summary>
internal static class SpentOutputs
{
    /// <summary>Looks for outputs among those that are spent.</summary>
    /// <param name="json">The message from the list of what is spent on.</param>
    /// <param name="outputs">The outputs to look for.</param>
    /// <param name="by">The transaction that spends.</param>
    /// <param name="block">Its block.</param>
    /// <param name="spends">Takes what is found.</param>
    /// <exception cref="CardanoFormatException">The list is not of the protocol's shape.</exception>
    public static void Find(ReadOnlySpan<byte> json, OutputSet outputs, in Hash256 by, in ChainPoint block, ICollection<OutputSpent> spends)
    {
        Utf8JsonReader reader = new(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = int.MaxValue }));
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (ReadReference(ref reader) is var output && outputs.Contains(output))
            {
                spends.Add(new OutputSpent(output, by, block));
            }
        }
    }

    private static OutputId ReadReference(ref Utf8JsonReader reader)
    {
        Hash256? id = null;
        long index = -1;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isTransaction = reader.ValueTextEquals("transaction"u8);
            bool isIndex = reader.ValueTextEquals("index"u8);
            reader.Read();
            if (isTransaction && reader.TokenType == JsonTokenType.StartObject)
            {
                id = ReadId(ref reader) ?? id;
            }
            else if (isIndex && reader.TokenType == JsonTokenType.Number && DecimalText.TryRead(reader.ValueSpan, out long number))
            {
                index = number;
            }
            else
            {
                reader.TrySkip();
            }
        }

        return id is { } known && index >= 0 ? new OutputId(known, index) : throw Wrong();
    }

    private static Hash256? ReadId(ref Utf8JsonReader reader)
    {
        Hash256? id = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isId = reader.ValueTextEquals("id"u8);
            reader.Read();
            if (isId && reader.TokenType == JsonTokenType.String && HexText.TryReadHash(reader.ValueSpan, out Hash256 hash))
            {
                id = hash;
            }
            else
            {
                reader.TrySkip();
            }
        }

        return id;
    }

    private static CardanoFormatException Wrong() => new("what a transaction spends is not of the protocol's shape");
}
