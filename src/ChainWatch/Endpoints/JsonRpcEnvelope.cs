using System.Buffers.Text;
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

    [ThreadStatic]
    private static JsonShape? t_shape;

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
    /// <returns>True when the body holds whole JSON-RPC answers only. Inside of results only brackets and strings are looked at: who reads them sees what is wrong with the rest.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, List<Item> items)
    {
        if (TryReadResults(body, items))
        {
            return true;
        }

        items.Clear();
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

    /// <summary>Reads a body of results, as nearly all are, without reading through the results themselves. False leaves every other body to the reader.</summary>
    private static bool TryReadResults(ReadOnlySpan<byte> body, List<Item> items)
    {
        JsonShape shape = t_shape ??= new JsonShape("id", "result", "error");
        JsonScanner json = new(body);
        if (json.Current == (byte)'{')
        {
            return TryReadResult(ref json, shape, body, items) && json.End();
        }

        json.BeginArray();
        bool first = true;
        while (json.NextItem(ref first))
        {
            if (!TryReadResult(ref json, shape, body, items))
            {
                return false;
            }
        }

        return json.End();
    }

    private static bool TryReadResult(ref JsonScanner json, JsonShape shape, ReadOnlySpan<byte> body, List<Item> items)
    {
        long? id = null;
        int start = -1;
        int length = 0;
        json.BeginObject();
        int place = 0;
        uint met = 0;
        while (json.NextProperty(shape, ref place, out int field))
        {
            if (field < 0)
            {
                json.Skip(shape, place);
                continue;
            }

            if ((met & (1u << field)) != 0)
            {
                return false;
            }

            met |= 1u << field;
            int from = json.Position;
            switch (field)
            {
                case 0:
                    json.Skip();
                    if (!Utf8Parser.TryParse(body[from..json.Position], out long number, out int consumed) || consumed != json.Position - from)
                    {
                        return false;
                    }

                    id = number;
                    break;
                case 1:
                    _ = json.Current is (byte)'{' or (byte)'[' ? json.PassOver() : json.Skip();
                    start = from;
                    length = json.Position - from;
                    break;
                default:
                    if (!json.TryNull())
                    {
                        return false;
                    }

                    break;
            }
        }

        items.Add(new Item(id, start, length, HasError: false, Code: null, Message: "", Data: ""));
        return start >= 0 && !json.Failed;
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
