using System.Buffers.Binary;
using System.Numerics;

namespace ChainWatch.Xrpl;

/// <summary>An amount of an issued currency, exactly as the ledger holds it: a mantissa of 16 digits and a power of ten from -96 to 80, or zero.</summary>
internal readonly record struct IssuedAmount(long Mantissa, int Exponent)
{
    private const long LeastMantissa = 1_000_000_000_000_000;
    private const long MostMantissa = 9_999_999_999_999_999;
    private const int LeastExponent = -96;
    private const int MostExponent = 80;
    private const ulong Issued = 1UL << 63;
    private const ulong Positive = 1UL << 62;

    /// <summary>Reads the 8 bytes of a serialized amount that is neither XRP nor a multi-purpose token.</summary>
    public static IssuedAmount Read(ReadOnlySpan<byte> bytes)
    {
        ulong bits = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        if (bits == Issued)
        {
            return default;
        }

        long mantissa = (long)(bits & ((1UL << 54) - 1));
        int exponent = (int)((bits >> 54) & 0xFF) - 97;
        if ((bits & Issued) == 0 || mantissa is < LeastMantissa or > MostMantissa || exponent is < LeastExponent or > MostExponent)
        {
            throw new LedgerFormatException("an amount is not normalised");
        }

        return new IssuedAmount((bits & Positive) != 0 ? mantissa : -mantissa, exponent);
    }

    /// <summary>The amount with the sign turned.</summary>
    public static IssuedAmount operator -(IssuedAmount amount) => new(-amount.Mantissa, amount.Exponent);

    /// <summary>Whether this is more than another amount; also where the difference is finer than any unit.</summary>
    public bool IsMoreThan(IssuedAmount other)
    {
        int sign = Math.Sign(Mantissa);
        if (sign != Math.Sign(other.Mantissa))
        {
            return sign > Math.Sign(other.Mantissa);
        }

        // All have 16 digits: of two on the same side of zero, the one with the larger power of ten is further from it.
        return Exponent == other.Exponent || sign == 0 ? Mantissa > other.Mantissa : Exponent > other.Exponent == sign > 0;
    }

    /// <summary>
    /// How much more this is than another amount, in units of 10 to the power of minus <paramref name="decimals"/>; <see langword="null"/> where that is no whole number of them:
    /// nothing is ever rounded.
    /// </summary>
    public BigInteger? Minus(IssuedAmount other, int decimals)
    {
        if (Mantissa == 0 && other.Mantissa == 0)
        {
            return BigInteger.Zero;
        }

        int least = Mantissa == 0 ? other.Exponent : other.Mantissa == 0 ? Exponent : Math.Min(Exponent, other.Exponent);
        BigInteger difference = Scale(this, least) - Scale(other, least);
        int shift = least + decimals;
        if (shift >= 0)
        {
            return difference * BigInteger.Pow(10, shift);
        }

        BigInteger whole = BigInteger.DivRem(difference, BigInteger.Pow(10, -shift), out BigInteger rest);
        return rest.IsZero ? whole : null;
    }

    private static BigInteger Scale(IssuedAmount amount, int exponent) => amount.Mantissa == 0 ? BigInteger.Zero : amount.Mantissa * BigInteger.Pow(10, amount.Exponent - exponent);
}
