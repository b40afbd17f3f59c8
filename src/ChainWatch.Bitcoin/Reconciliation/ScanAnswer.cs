using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Bitcoin;

/// <summary>Reads the answer to <c>scantxoutset</c> (Bitcoin Core <c>src/rpc/blockchain.cpp</c>): unspent outputs, and the block that they were unspent at.</summary>
internal sealed class ScanAnswer
{
    private const decimal Satoshis = 100_000_000m;

    private ScanAnswer(ChainPoint point, IReadOnlyList<ScannedOutput> outputs)
    {
        Point = point;
        Outputs = outputs;
    }

    /// <summary>The block that the node stood at for the whole scan.</summary>
    public ChainPoint Point { get; }

    public IReadOnlyList<ScannedOutput> Outputs { get; }

    /// <exception cref="EndpointException">The node answered with an error, or with something else.</exception>
    public static ScanAnswer Read(BitcoinEndpoint endpoint, JsonRpcReply reply)
    {
        try
        {
            return Parse(reply.Require()) ?? throw Malformed(endpoint, cause: null);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or OverflowException or InvalidOperationException)
        {
            throw Malformed(endpoint, exception);
        }
    }

    private static EndpointException Malformed(BitcoinEndpoint endpoint, Exception? cause) => new(
        new EndpointError
        {
            Kind = EndpointErrorKind.MissingData,
            Check = AnswerCheck.Format,
            Message = $"endpoint '{endpoint.Name}' failed the check {AnswerCheck.Format}: scantxoutset does not tell success, height, bestblock and unspents",
        },
        cause);

    /// <summary>Reads the answer's JSON; <see langword="null"/> where it is no whole scan.</summary>
    internal static ScanAnswer? Parse(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        bool success = false;
        long? height = null;
        Hash256? best = null;
        List<ScannedOutput>? outputs = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("success"u8))
            {
                reader.Read();
                success = reader.GetBoolean();
            }
            else if (reader.ValueTextEquals("height"u8))
            {
                reader.Read();
                height = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("bestblock"u8))
            {
                reader.Read();
                best = Hash256.Parse(reader.GetString());
            }
            else if (reader.ValueTextEquals("unspents"u8))
            {
                reader.Read();
                outputs = ReadOutputs(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // Without success the scan was broken off, and what is listed is not all of it.
        return success && height is not null && best is not null && outputs is not null ? new ScanAnswer(new ChainPoint(height.Value, best.Value), outputs) : null;
    }

    private static List<ScannedOutput> ReadOutputs(ref Utf8JsonReader reader)
    {
        List<ScannedOutput> outputs = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            outputs.Add(ReadOutput(ref reader));
        }

        return outputs;
    }

    private static ScannedOutput ReadOutput(ref Utf8JsonReader reader)
    {
        Hash256? id = null;
        long? number = null;
        long? height = null;
        long? amount = null;
        AddressKey? key = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("txid"u8))
            {
                reader.Read();
                id = Hash256.Parse(reader.GetString());
            }
            else if (reader.ValueTextEquals("vout"u8))
            {
                reader.Read();
                number = reader.GetUInt32();
            }
            else if (reader.ValueTextEquals("height"u8))
            {
                reader.Read();
                height = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("amount"u8))
            {
                reader.Read();
                amount = ReadAmount(ref reader);
            }
            else if (reader.ValueTextEquals("scriptPubKey"u8))
            {
                reader.Read();
                key = ReadKey(reader.GetString());
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return id is not null && number is not null && height is not null && amount is not null && key is not null
            ? new ScannedOutput(key.Value, new OutputId(id.Value, number.Value), amount.Value, height.Value)
            : throw new FormatException("An unspent output lacks a field.");
    }

    /// <summary>Whole coins as the text that came: through a double, 0.1 would be something else.</summary>
    private static long ReadAmount(ref Utf8JsonReader reader)
    {
        string text = Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        decimal satoshis = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) * Satoshis;
        return satoshis >= 0 && satoshis == decimal.Truncate(satoshis) ? decimal.ToInt64(satoshis) : throw new FormatException("An amount is no whole number of satoshis.");
    }

    private static AddressKey ReadKey(string? script)
    {
        byte[] bytes = Convert.FromHexString(script ?? "");
        return OutputScript.HasAddress(bytes)
            ? new AddressKey([.. bytes, .. new byte[OutputScript.KeyLength - bytes.Length]])
            : throw new FormatException("An unspent output has a script that was not asked for.");
    }
}
