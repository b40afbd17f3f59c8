using System.Text;
using System.Text.Json;

namespace ChainWatch.Xrpl;

/// <summary>A server's message as far as it says what it is: an answer, with its id and result or error, or a push. The properties come in any order.</summary>
internal struct Message
{
    private const int AmendmentBlockedWarning = 1002;

    public MessageKind Kind;
    public long? Id;
    public int ResultStart;
    public int ResultLength;
    public string? Error;
    public string? ErrorText;
    public long? ErrorCode;
    public bool Failed;

    /// <summary>True where the server warns that it is asked too often.</summary>
    public bool LoadWarning;

    /// <summary>True where the server warns that its software no longer understands the network.</summary>
    public bool AmendmentBlocked;

    public long LedgerIndex;
    public Hash256 LedgerHash;
    public string? Ledgers;

    /// <summary>Reads a message that came over a WebSocket.</summary>
    public static Message Read(ReadOnlySpan<byte> json)
    {
        Message message = default;
        Utf8JsonReader reader = new(json);
        message.ReadObject(ref reader, outer: true);
        return message;
    }

    /// <summary>Reads an answer that came by HTTP, in which everything stands inside the result.</summary>
    public static Message ReadHttp(ReadOnlySpan<byte> json)
    {
        Message message = Read(json);
        if (message.ResultLength == 0)
        {
            throw new LedgerFormatException("there is no result");
        }

        Utf8JsonReader reader = new(json.Slice(message.ResultStart, message.ResultLength));
        (int start, int length) = (message.ResultStart, message.ResultLength);
        message.ReadObject(ref reader, outer: false);
        message.ResultStart = start;
        message.ResultLength = length;
        message.Kind = MessageKind.Response;
        return message;
    }

    private void ReadObject(ref Utf8JsonReader reader, bool outer)
    {
        try
        {
            ReadProperties(ref reader, outer);
        }
        catch (InvalidOperationException exception)
        {
            throw LedgerAnswer.NotText(exception);
        }
    }

    private void ReadProperties(ref Utf8JsonReader reader, bool outer)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new LedgerFormatException("a message is no object");
        }

        while (LedgerAnswer.Next(ref reader))
        {
            if (outer && reader.ValueTextEquals("result"u8))
            {
                reader.Read();
                ResultStart = (int)reader.TokenStartIndex;
                reader.Skip();
                ResultLength = (int)reader.BytesConsumed - ResultStart;
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                Id = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long id) ? id : null;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                Kind = reader.TokenType != JsonTokenType.String ? MessageKind.Other
                    : reader.ValueTextEquals("response"u8) ? MessageKind.Response
                    : reader.ValueTextEquals("ledgerClosed"u8) ? MessageKind.LedgerClosed
                    : MessageKind.Other;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                reader.Read();
                Failed |= reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                Error = ReadText(ref reader);
                Failed |= Error is not null;
            }
            else if (reader.ValueTextEquals("error_message"u8) || reader.ValueTextEquals("error_exception"u8))
            {
                ErrorText = ReadText(ref reader) ?? ErrorText;
            }
            else if (reader.ValueTextEquals("error_code"u8))
            {
                reader.Read();
                ErrorCode = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long code) ? code : null;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("warning"u8))
            {
                reader.Read();
                LoadWarning |= reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("load"u8);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("warnings"u8))
            {
                ReadWarnings(ref reader);
            }
            else if (outer && reader.ValueTextEquals("ledger_index"u8))
            {
                reader.Read();
                LedgerIndex = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long index) ? index : 0;
                reader.Skip();
            }
            else if (outer && reader.ValueTextEquals("ledger_hash"u8))
            {
                LedgerHash = LedgerAnswer.ReadHash(ref reader);
            }
            else if (reader.ValueTextEquals("validated_ledgers"u8))
            {
                Ledgers = ReadText(ref reader);
            }
            else
            {
                LedgerAnswer.SkipValue(ref reader);
            }
        }
    }

    private void ReadWarnings(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        int depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                AmendmentBlocked |= reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int id) && id == AmendmentBlockedWarning;
            }
        }
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        const int Longest = 400;
        reader.Read();
        string? text = null;
        if (reader.TokenType == JsonTokenType.String)
        {
            text = Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, Longest)]);
        }

        reader.Skip();
        return text;
    }
}
