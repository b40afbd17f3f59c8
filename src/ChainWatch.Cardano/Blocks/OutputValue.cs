using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>Reads what an output holds: ada, and any number of tokens by policy and name.</summary>
internal static class OutputValue
{
    /// <summary>How many places an output has for assets. A transaction of 16 kB holds fewer.</summary>
    public const int Places = 1 << 16;

    private const int MostDigits = 78;
    private const int PolicyDigits = 56;
    private const int MostNameDigits = 64;

    /// <summary>The place of an output's asset in its transaction: ada first, then the tokens in the order of their policies and names, whatever order the node wrote them in.</summary>
    public static long OrdinalOf(int output, int place) => ((long)output * Places) + place;

    /// <summary>Reads the watched assets of a value.</summary>
    /// <param name="json">The message from the value on.</param>
    /// <param name="plan">Which assets are watched.</param>
    /// <param name="output">The number of the output in its transaction.</param>
    /// <returns>Of each watched asset that is there: its ordinal, and how much.</returns>
    /// <exception cref="CardanoFormatException">The value is not of the protocol's shape.</exception>
    public static List<(long Ordinal, Asset Asset, BigInteger Amount)> Read(ReadOnlySpan<byte> json, WatchPlan plan, int output)
    {
        List<(long, Asset, BigInteger)> found = [];
        SortedDictionary<string, BigInteger> tokens = new(StringComparer.Ordinal);
        Utf8JsonReader reader = new(json, isFinalBlock: false, state: default);
        reader.Read();
        bool hasAda = false;
        while (NextName(ref reader, out string policy))
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw Wrong(policy);
            }

            while (NextName(ref reader, out string name))
            {
                BigInteger amount = ReadAmount(ref reader, policy);
                bool isAda = policy == "ada" && name == "lovelace";
                if (isAda ? hasAda : !IsToken(policy, name) || !tokens.TryAdd(policy + name, amount))
                {
                    throw Wrong(policy);
                }

                if (isAda)
                {
                    hasAda = true;
                    if (plan.Native is { } native && !amount.IsZero)
                    {
                        found.Add((OrdinalOf(output, 0), native, amount));
                    }
                }
            }
        }

        int place = 0;
        foreach ((string token, BigInteger amount) in tokens)
        {
            place++;
            if (!amount.IsZero && plan.Find(token) is { } asset)
            {
                found.Add((OrdinalOf(output, place), asset, amount));
            }
        }

        return place < Places ? found : throw new CardanoFormatException("an output holds more assets than fit into a transaction");
    }

    private static bool IsToken(string policy, string name) =>
        policy.Length == PolicyDigits && name.Length <= MostNameDigits && name.Length % 2 == 0 && policy.All(char.IsAsciiHexDigitLower) && name.All(char.IsAsciiHexDigitLower);

    private static bool NextName(ref Utf8JsonReader reader, out string name)
    {
        try
        {
            name = reader.Read() && reader.TokenType == JsonTokenType.PropertyName ? reader.GetString()! : "";
            return reader.TokenType == JsonTokenType.PropertyName;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("a name that is no text");
        }
    }

    private static BigInteger ReadAmount(ref Utf8JsonReader reader, string policy)
    {
        ReadOnlySpan<byte> digits = reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.ValueSpan : default;
        if (digits.IsEmpty || digits.Length > MostDigits || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            throw Wrong(policy);
        }

        Span<char> text = stackalloc char[digits.Length];
        for (int index = 0; index < digits.Length; index++)
        {
            text[index] = (char)digits[index];
        }

        return BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static CardanoFormatException Wrong(string policy) => new($"the value of an output is not of the protocol's shape at '{(policy.Length > 64 ? policy[..64] : policy)}'");
}
