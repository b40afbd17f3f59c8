using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace ChainWatch.RealNodes.Tests;

/// <summary>Ethereum's numbers: hexadecimal digits behind 0x.</summary>
internal static class Quantity
{
    public static BigInteger Read(JsonNode? node) => Read(node?.GetValue<string>() ?? throw new InvalidOperationException("A number is missing."));

    public static BigInteger Read(string text) => BigInteger.Parse("0" + text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static string Write(BigInteger number)
    {
        var digits = number.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        return digits.Length == 0 ? "0x0" : "0x" + digits;
    }

    /// <summary>A number or an address as one word of call data: 64 digits.</summary>
    public static string Word(BigInteger number) => Write(number)[2..].PadLeft(64, '0');

    public static string Word(string address) => address[2..].PadLeft(64, '0');
}
