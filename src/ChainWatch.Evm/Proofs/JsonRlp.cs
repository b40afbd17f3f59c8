using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Writes what nodes tell in JSON as the RLP that it was hashed in.</summary>
internal static class JsonRlp
{
    /// <summary>Writes data: a string of hexadecimal digits, byte by byte. <c>null</c>, as the receiver of a transaction that creates a contract, is empty.</summary>
    public static void WriteData(this RlpWriter rlp, JsonElement owner, string name) => rlp.WriteItem(Need(owner, name), name);

    /// <summary>Writes data that has no name of its own.</summary>
    /// <param name="rlp">Where to.</param>
    /// <param name="value">The data.</param>
    /// <param name="name">The list that it is of.</param>
    public static void WriteItem(this RlpWriter rlp, JsonElement value, string name) => Require(rlp.TryWriteDigits(Digits(value, name)), name);

    /// <summary>Writes a quantity: without leading zeros.</summary>
    public static void WriteQuantity(this RlpWriter rlp, JsonElement owner, string name) => Require(rlp.TryWriteDigits(Digits(Need(owner, name), name).TrimStart((byte)'0')), name);

    /// <summary>Reads a hash.</summary>
    public static Hash256 ReadHash(JsonElement owner, string name)
    {
        ReadOnlySpan<byte> digits = Digits(Need(owner, name), name);
        Span<byte> hash = stackalloc byte[Hash256.Length];
        return digits.Length == Hash256.Length * 2 && HexText.TryDecode(digits, hash) ? new Hash256(hash) : throw new AnswerFormatException($"{name} is no hash");
    }

    /// <summary>A member that must be there.</summary>
    public static JsonElement Need(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement value) ? value : throw new AnswerFormatException($"{name} is missing");

    /// <summary>A list that must be there.</summary>
    public static JsonElement.ArrayEnumerator NeedList(JsonElement owner, string name)
    {
        JsonElement list = Need(owner, name);
        return list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw new AnswerFormatException($"{name} is no list");
    }

    /// <summary>True where a member is there and says something.</summary>
    public static bool Has(JsonElement owner, string name) => owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The hexadecimal digits of data or a quantity, as they stand in the answer; none for <c>null</c>.</summary>
    public static ReadOnlySpan<byte> Digits(JsonElement value, string name)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return default;
        }

        Require(value.ValueKind == JsonValueKind.String, name);
        ReadOnlySpan<byte> text = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        if (text.Contains((byte)'\\'))
        {
            // Nobody writes digits so, but it is legal.
            text = Encoding.UTF8.GetBytes(value.GetString()!);
        }

        Require(HexText.TryTrim(text, out ReadOnlySpan<byte> digits), name);
        return digits;
    }

    private static void Require(bool isHex, string name)
    {
        if (!isHex)
        {
            throw new AnswerFormatException($"{name} is not written in hexadecimal digits");
        }
    }
}
