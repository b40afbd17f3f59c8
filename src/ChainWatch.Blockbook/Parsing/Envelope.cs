namespace ChainWatch.Blockbook;

/// <summary>A message that came over a WebSocket: <c>{"id":"…","data":…}</c>, as far as it says what it is.</summary>
internal struct Envelope
{
    private const int LongestError = 400;
    private const int SmallAnswer = 4096;

    public TextSpan Id;
    public TextSpan Data;

    /// <summary>Reads a message.</summary>
    /// <exception cref="AnswerFormatException">It is none.</exception>
    public static Envelope Read(ReadOnlySpan<byte> message)
    {
        Envelope envelope = default;
        JsonScanner json = new(message);
        int place = 0;
        json.BeginObject();
        while (json.NextProperty(ScanMemory.OfThisThread.Envelope, ref place, out int field))
        {
            int from = json.Position;
            if (json.Current is (byte)'{' or (byte)'[')
            {
                json.PassOver();
            }
            else
            {
                json.Skip();
            }

            if (field == 0 && !json.Failed && message[from] == '"')
            {
                envelope.Id = new TextSpan(from + 1, json.Position - from - 2);
            }
            else if (field == 1)
            {
                envelope.Data = new TextSpan(from, json.Position - from);
            }
        }

        return json.End() ? envelope : throw new AnswerFormatException(BlockCheck.Format, "a message is not of the protocol's shape");
    }

    /// <summary>
    /// What an answer complains about: <c>{"error":{"message":"…"}}</c> over WebSocket, where it stands inside of data and the message around it looks like any other, or
    /// <c>{"error":"…"}</c> by HTTP. <see langword="null"/> where it is no error.
    /// </summary>
    public static string? ReadError(ReadOnlySpan<byte> data)
    {
        JsonScanner json = new(data);
        if (json.Current != (byte)'{')
        {
            return null;
        }

        int place = 0;
        json.BeginObject();
        while (json.NextProperty(ScanMemory.OfThisThread.Block, ref place, out int field))
        {
            int from = json.Position;
            bool nested = json.Current is (byte)'{' or (byte)'[';
            if (nested)
            {
                json.PassOver();
            }
            else
            {
                json.Skip();
            }

            ReadOnlySpan<byte> value = data[from..json.Position];
            if (field == 12 && !json.Failed && !value.SequenceEqual("null"u8))
            {
                ReadOnlySpan<byte> text = nested && value.IndexOf("\"message\""u8) is >= 0 and { } at ? value[(at + 9)..].Trim(" :\r\n\t}"u8) : value;
                text = text.Trim((byte)'"');
                return System.Text.Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestError)]);
            }

            if (data.Length > SmallAnswer)
            {
                // An error is short; what is long begins with something else.
                return null;
            }
        }

        return null;
    }
}
