using System.Text.Json;

namespace ChainWatch.Xrpl;

/// <summary>What a server says about itself.</summary>
internal sealed class ServerInfo
{
    public LedgerRanges? Ledgers { get; private set; }

    /// <summary>The state of a rippled server; <see langword="null"/> at Clio, which has none.</summary>
    public string? State { get; private set; }

    /// <summary>The network; <see langword="null"/> where the server does not say, which servers of the main network often do not.</summary>
    public long? NetworkId { get; private set; }

    public bool AmendmentBlocked { get; private set; }

    public long? Validated { get; private set; }

    /// <summary>Reads the result of <c>server_info</c>.</summary>
    public static ServerInfo Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return ReadResult(json);
        }
        catch (InvalidOperationException exception)
        {
            throw LedgerAnswer.NotText(exception);
        }
    }

    private static ServerInfo ReadResult(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        ServerInfo info = new();
        bool found = false;
        reader.Read();
        while (reader.TokenType != JsonTokenType.None && LedgerAnswer.Next(ref reader))
        {
            if (reader.ValueTextEquals("info"u8))
            {
                reader.Read();
                info.ReadBody(ref reader);
                found = true;
            }
            else
            {
                LedgerAnswer.SkipValue(ref reader);
            }
        }

        return found ? info : throw new LedgerFormatException("the answer has no info");
    }

    private void ReadBody(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new LedgerFormatException("info is no object");
        }

        while (LedgerAnswer.Next(ref reader))
        {
            if (reader.ValueTextEquals("complete_ledgers"u8))
            {
                Ledgers = LedgerRanges.Parse(ReadText(ref reader));
            }
            else if (reader.ValueTextEquals("server_state"u8))
            {
                State = ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("network_id"u8))
            {
                NetworkId = ReadNumber(ref reader);
            }
            else if (reader.ValueTextEquals("amendment_blocked"u8))
            {
                reader.Read();
                AmendmentBlocked = reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("validated_ledger"u8))
            {
                ReadValidated(ref reader);
            }
            else
            {
                LedgerAnswer.SkipValue(ref reader);
            }
        }
    }

    private void ReadValidated(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (LedgerAnswer.Next(ref reader))
        {
            if (reader.ValueTextEquals("seq"u8))
            {
                Validated = ReadNumber(ref reader);
            }
            else
            {
                LedgerAnswer.SkipValue(ref reader);
            }
        }
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        string? text = reader.TokenType == JsonTokenType.String ? System.Text.Encoding.UTF8.GetString(reader.ValueSpan) : null;
        reader.Skip();
        return text;
    }

    private static long? ReadNumber(ref Utf8JsonReader reader)
    {
        reader.Read();
        long? number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) ? value : null;
        reader.Skip();
        return number;
    }
}
