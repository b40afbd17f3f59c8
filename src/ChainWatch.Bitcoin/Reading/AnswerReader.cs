using System.Text.Json;

namespace ChainWatch.Bitcoin;

/// <summary>Reads the small answers of a node. One that is not of the protocol's shape is refused like one that fails a check.</summary>
internal static class AnswerReader
{
    private delegate bool Field(ref Utf8JsonReader reader);

    public static ChainInfo ReadChainInfo(BitcoinEndpoint endpoint, JsonRpcReply reply)
    {
        string? chain = null;
        long? blocks = null;
        long headers = -1;
        Hash256? best = null;
        bool downloading = false;
        ReadObject(endpoint, reply, (ref Utf8JsonReader reader) =>
        {
            if (reader.ValueTextEquals("chain"u8))
            {
                reader.Read();
                chain = Text(ref reader);
            }
            else if (reader.ValueTextEquals("blocks"u8))
            {
                reader.Read();
                blocks = Number(ref reader);
            }
            else if (reader.ValueTextEquals("headers"u8))
            {
                reader.Read();
                headers = Number(ref reader) ?? -1;
            }
            else if (reader.ValueTextEquals("bestblockhash"u8))
            {
                reader.Read();
                best = Hash(ref reader);
            }
            else if (reader.ValueTextEquals("initialblockdownload"u8))
            {
                reader.Read();
                downloading = reader.TokenType == JsonTokenType.True;
            }
            else
            {
                return false;
            }

            return true;
        });
        if (chain is null || blocks is null || best is null)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "getblockchaininfo does not tell chain, blocks and bestblockhash");
        }

        return new ChainInfo(chain, new ChainPoint(blocks.Value, best.Value), headers, downloading);
    }

    /// <summary>Reads an object with a height, as <c>getblockheader</c> and <c>waitfornewblock</c> answer it, and the hash where it holds one.</summary>
    public static ChainPoint ReadPoint(BitcoinEndpoint endpoint, JsonRpcReply reply)
    {
        long? height = null;
        Hash256? hash = null;
        ReadObject(endpoint, reply, (ref Utf8JsonReader reader) =>
        {
            if (reader.ValueTextEquals("height"u8))
            {
                reader.Read();
                height = Number(ref reader);
            }
            else if (reader.ValueTextEquals("hash"u8))
            {
                reader.Read();
                hash = Hash(ref reader);
            }
            else
            {
                return false;
            }

            return true;
        });
        if (height is null || hash is null)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "an answer about a block does not tell its hash and height");
        }

        return new ChainPoint(height.Value, hash.Value);
    }

    public static Hash256 ReadHash(BitcoinEndpoint endpoint, JsonRpcReply reply)
    {
        Hash256? hash = ReadHex(endpoint, reply) is { Length: Hash256.Length * 2 } digits && Hash256.TryParse(System.Text.Encoding.ASCII.GetString(digits), out Hash256 read) ? read : null;
        if (hash is null)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "a block hash is expected, and something else came");
        }

        return hash.Value;
    }

    /// <summary>The digits of an answer that is one text of hexadecimal digits.</summary>
    /// <exception cref="EndpointException">It is an object: a node that gives no raw blocks.</exception>
    public static ReadOnlySpan<byte> ReadHex(BitcoinEndpoint endpoint, JsonRpcReply reply)
    {
        ReadOnlySpan<byte> json = reply.Require();
        if (json.Length >= 2 && json[0] == '"' && json[^1] == '"')
        {
            return json[1..^1];
        }

        if (json.Length > 0 && json[0] == '{')
        {
            throw new EndpointException(EndpointErrorKind.Unsupported, BitcoinEndpoint.NoRawBlocks(endpoint.Name));
        }

        AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "hexadecimal digits are expected, and something else came");
        return default;
    }

    private static void ReadObject(BitcoinEndpoint endpoint, JsonRpcReply reply, Field field)
    {
        try
        {
            Utf8JsonReader reader = new(reply.Require());
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "an object is expected, and something else came");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!field(ref reader))
                {
                    reader.Read();
                }

                reader.Skip();
            }
        }
        catch (JsonException exception)
        {
            AnswerCheck.Fail(endpoint.Name, AnswerCheck.Format, "the result is no JSON", exception);
        }
    }

    private static string? Text(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString() : null;

    private static long? Number(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) && number >= 0 ? number : null;

    private static Hash256? Hash(ref Utf8JsonReader reader) => Text(ref reader) is { Length: Hash256.Length * 2 } text && Hash256.TryParse(text, out Hash256 hash) ? hash : null;
}
