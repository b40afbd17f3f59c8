using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChainWatch;

/// <summary>
/// Takes the envelopes of a JSON-RPC body apart, without looking into results: single objects and batches, ids echoed as numbers or as text, errors of odd shapes.
/// </summary>
internal static class JsonRpcEnvelope
{
    /// <summary>Deep enough for call traces, whose depth an attacker chooses: two levels for each of 1,024 frames.</summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 8192 };

    /// <summary>One answer of a body.</summary>
    /// <param name="Id">Its id; <see langword="null"/> where it names none.</param>
    /// <param name="ResultStart">Where its result begins; -1 where it has none.</param>
    /// <param name="ResultLength">How long its result is.</param>
    /// <param name="HasError">True when it holds an error.</param>
    /// <param name="Code">The error's code.</param>
    /// <param name="Message">The error's message.</param>
    /// <param name="Data">The error's data as raw JSON.</param>
    public readonly record struct Item(long? Id, int ResultStart, int ResultLength, bool HasError, long? Code, string Message, string Data);

    /// <summary>Reads all answers of a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="items">Where the answers go. When the body breaks off, those before the break are there.</param>
    /// <returns>True when the body is whole JSON and holds JSON-RPC answers only.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, List<Item> items)
    {
        Utf8JsonReader reader = new(body, Options);
        try
        {
            if (!reader.Read())
            {
                return false;
            }

            if (reader.TokenType == JsonTokenType.StartObject)
            {
                if (!TryReadItem(ref reader, body, out Item item))
                {
                    return false;
                }

                items.Add(item);
            }
            else if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType != JsonTokenType.StartObject || !TryReadItem(ref reader, body, out Item item))
                    {
                        return false;
                    }

                    items.Add(item);
                }
            }
            else
            {
                return false;
            }

            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TryReadItem(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, out Item item)
    {
        long? id = null;
        int resultStart = -1;
        int resultLength = 0;
        bool hasError = false;
        long? code = null;
        string message = "";
        string data = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = ReadId(ref reader);
            }
            else if (reader.ValueTextEquals("result"u8))
            {
                reader.Read();
                resultStart = (int)reader.TokenStartIndex;
                reader.Skip();
                resultLength = (int)reader.BytesConsumed - resultStart;
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null)
                {
                    hasError = true;
                    ReadError(ref reader, body, ref code, ref message, ref data);
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // A dialect of version 1 sends both fields; an error counts more than its null result.
        item = new Item(id, hasError ? -1 : resultStart, resultLength, hasError, code, message, data);
        return hasError || resultStart >= 0;
    }

    private static long? ReadId(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.TryGetInt64(out long number) ? number : null,
        JsonTokenType.String => long.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null,
        _ => null,
    };

    private static void ReadError(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ref long? code, ref string message, ref string data)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            message = Text(body[start..(int)reader.BytesConsumed]);
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("code"u8))
            {
                reader.Read();
                code = ReadId(ref reader);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("message"u8))
            {
                reader.Read();
                int start = (int)reader.TokenStartIndex;
                bool plain = reader.TokenType == JsonTokenType.String;
                string text = plain ? reader.GetString()! : "";
                reader.Skip();
                message = plain ? text : Text(body[start..(int)reader.BytesConsumed]);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                data = Text(body[start..(int)reader.BytesConsumed]);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    /// <summary>The beginning of a raw text: errors carry stack traces and whole requests.</summary>
    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 1024)]);
}
