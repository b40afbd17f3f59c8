using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Writes what nodes tell in JSON as the RLP that it was hashed in.</summary>
internal static class JsonRlp
{
    /// <summary>Writes data: a string of hexadecimal digits, byte by byte. <c>null</c>, as the receiver of a transaction that creates a contract, is empty.</summary>
    public static void WriteData(this RlpWriter rlp, JsonElement owner, string name) => rlp.Write(Bytes(Need(owner, name), name));

    /// <summary>Writes a quantity: without leading zeros.</summary>
    public static void WriteQuantity(this RlpWriter rlp, JsonElement owner, string name) => rlp.WriteNumber(Bytes(Need(owner, name), name));

    /// <summary>Reads a hash.</summary>
    public static Hash256 ReadHash(JsonElement owner, string name)
    {
        byte[] bytes = Bytes(Need(owner, name), name);
        return bytes.Length == Hash256.Length ? new Hash256(bytes) : throw new AnswerFormatException($"{name} is no hash");
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
    public static bool Has(JsonElement owner, string name) => owner.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The bytes of hexadecimal digits, of which a quantity may have an odd number.</summary>
    public static byte[] Bytes(JsonElement value, string name)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.String || value.GetString() is not ['0', 'x' or 'X', ..] text)
        {
            throw new AnswerFormatException($"{name} is not written in hexadecimal digits");
        }

        try
        {
            return Convert.FromHexString((text.Length & 1) == 0 ? text.AsSpan(2) : $"0{text.AsSpan(2)}");
        }
        catch (FormatException)
        {
            throw new AnswerFormatException($"{name} is not written in hexadecimal digits");
        }
    }
}
