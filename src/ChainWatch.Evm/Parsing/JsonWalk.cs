using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>
/// The steps by which answers are walked over, forward only and without allocation. Answers of the usual spelling are
/// read by a <see cref="JsonScanner"/>, several times faster; all others, and all that something is wrong with, are read through these, which say what it is.
/// </summary>
internal static class JsonWalk
{
    // Call traces nest as deep as an attacker likes: two levels for each of 1,024 calls.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 8192 };

    public static Utf8JsonReader Open(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, Options);
        reader.Read();
        return reader;
    }

    /// <summary>Looks whether nothing follows the value that was read.</summary>
    public static void End(ref Utf8JsonReader reader)
    {
        if (reader.Read())
        {
            throw new AnswerFormatException("more follows where the answer should end");
        }
    }

    public static void Expect(ref Utf8JsonReader reader, JsonTokenType token, string what)
    {
        if (reader.TokenType != token)
        {
            throw new AnswerFormatException($"{what} is a {reader.TokenType}, not a {token}");
        }
    }

    /// <summary>Goes to the next property of the object that the reader is in; false at its end.</summary>
    public static bool NextProperty(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Goes to the next item of the array that the reader is in; false at its end.</summary>
    public static bool NextItem(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType != JsonTokenType.EndArray;

    public static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    /// <summary>Reads the value of the property that the reader is at as a hash; false where it is null.</summary>
    public static bool ReadHash(ref Utf8JsonReader reader, string what, out Hash256 hash)
    {
        hash = default;
        if (!ReadText(ref reader, what))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Hash256.Length];
        if (!HexText.TryReadData(reader.ValueSpan, bytes))
        {
            throw new AnswerFormatException($"{what} is no hash of 32 bytes");
        }

        hash = new Hash256(bytes);
        return true;
    }

    /// <summary>Reads the value of the property that the reader is at as an address; false where it is null.</summary>
    public static bool ReadAddress(ref Utf8JsonReader reader, string what, out EvmAddress address)
    {
        address = default;
        if (!ReadText(ref reader, what))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[EvmAddress.Length];
        if (!HexText.TryReadData(reader.ValueSpan, bytes))
        {
            throw new AnswerFormatException($"{what} is no address of 20 bytes");
        }

        address = new EvmAddress(bytes);
        return true;
    }

    /// <summary>Reads the value of the property that the reader is at as a quantity; false where it is null.</summary>
    public static bool ReadQuantity(ref Utf8JsonReader reader, string what, out UInt256 value)
    {
        value = default;
        if (!ReadText(ref reader, what))
        {
            return false;
        }

        return HexText.TryReadQuantity(reader.ValueSpan, out value) ? true : throw new AnswerFormatException($"{what} is no quantity");
    }

    /// <summary>Reads the value of the property that the reader is at as a number; false where it is null.</summary>
    public static bool ReadNumber(ref Utf8JsonReader reader, string what, out long value)
    {
        value = 0;
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out value))
        {
            // Traces count in plain numbers.
            return true;
        }

        if (!IsText(ref reader, what))
        {
            return false;
        }

        return HexText.TryReadNumber(reader.ValueSpan, out value) ? true : throw new AnswerFormatException($"{what} is no number");
    }

    /// <summary>Reads the value of the property that the reader is at as data of exactly this length; false where it is null.</summary>
    public static bool ReadData(ref Utf8JsonReader reader, string what, Span<byte> destination)
    {
        if (!ReadText(ref reader, what))
        {
            return false;
        }

        return HexText.TryReadData(reader.ValueSpan, destination) ? true : throw new AnswerFormatException($"{what} is not {destination.Length} bytes of data");
    }

    /// <summary>Goes to the value of the property that the reader is at, which is a text; false where it is null.</summary>
    public static bool ReadText(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        return IsText(ref reader, what);
    }

    private static bool IsText(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return false;
        }

        return reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped ? true : throw new AnswerFormatException($"{what} is no plain text");
    }
}
