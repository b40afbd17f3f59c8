using System.Globalization;
using System.Numerics;

namespace ChainWatch;

/// <summary>Something that can be paid with on a chain: its native coin, or a token.</summary>
public sealed class Asset
{
    /// <summary>The name under which the asset is configured and recorded, as in <c>ETH</c> or <c>USDC</c>; unique within its chain.</summary>
    public required string Symbol { get; init; }

    /// <summary>How many decimal digits the base unit lies below the whole unit: 18 for ether, 8 for bitcoin.</summary>
    public required int Decimals { get; init; }

    /// <summary>The chain's own name of a token (contract address, policy and name, currency and issuer); <see langword="null"/> for the native coin.</summary>
    public string? Id { get; init; }

    /// <summary>Writes an amount of the base unit in whole units, exactly, as in <c>1.5</c>. For people; amounts are kept and compared in the base unit.</summary>
    public string FormatAmount(BigInteger amount)
    {
        string digits = BigInteger.Abs(amount).ToString(CultureInfo.InvariantCulture).PadLeft(Decimals + 1, '0');
        string fraction = digits[^Decimals..].TrimEnd('0');
        string sign = amount.Sign < 0 ? "-" : "";
        return fraction.Length == 0 ? $"{sign}{digits[..^Decimals]}" : $"{sign}{digits[..^Decimals]}.{fraction}";
    }

    /// <summary>Reads an amount that is written in whole units, as in <c>1.5</c>, into the base unit: digits and at most one point, no sign, no finer than the base unit.</summary>
    public bool TryParseAmount(string? text, out BigInteger amount)
    {
        amount = BigInteger.Zero;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        int point = text.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? text : text[..point];
        string fraction = point < 0 ? "" : text[(point + 1)..];
        return whole.Length > 0 &&
            (point < 0 || fraction.Length > 0) &&
            fraction.Length <= Decimals &&
            BigInteger.TryParse(string.Concat(whole, fraction.PadRight(Decimals, '0')), NumberStyles.None, CultureInfo.InvariantCulture, out amount);
    }

    /// <inheritdoc/>
    public override string ToString() => Symbol;
}
