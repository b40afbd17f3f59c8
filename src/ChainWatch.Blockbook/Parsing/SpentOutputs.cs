using System.Text.Json;

namespace ChainWatch.Blockbook;

/// <summary>Goes through the inputs of a transaction as a page tells them, and names the outputs that they spend. An output's number is left out where it is 0, and all of it without an extended index.</summary>
internal ref struct SpentOutputs
{
    private const int Deepest = 512;
    private Utf8JsonReader _json;

    /// <param name="inputs">The list of inputs, as JSON; or nothing.</param>
    public SpentOutputs(ReadOnlySpan<byte> inputs)
    {
        _json = new Utf8JsonReader(inputs, isFinalBlock: true, new JsonReaderState(new JsonReaderOptions { MaxDepth = Deepest }));
    }

    /// <summary>Goes to the next input that names an output; false at the end.</summary>
    public bool Next(out OutputId output)
    {
        output = default;
        try
        {
            while (_json.Read())
            {
                if (_json.TokenType == JsonTokenType.StartObject && ReadInput() is { } spent)
                {
                    output = spent;
                    return true;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // What cannot be read names no output.
        }

        return false;
    }

    private OutputId? ReadInput()
    {
        Hash256 id = default;
        long number = 0;
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (_json.ValueTextEquals("txid"u8))
            {
                _json.Read();
                id = _json.TokenType == JsonTokenType.String && Hash256.TryParse(_json.GetString(), out Hash256 hash) ? hash : default;
            }
            else if (_json.ValueTextEquals("vout"u8))
            {
                _json.Read();
                number = _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out long value) ? value : -1;
            }
            else
            {
                _json.Read();
            }

            _json.Skip();
        }

        return id.IsZero || number < 0 ? null : new OutputId(id, number);
    }
}
