using System.Buffers.Binary;

namespace ChainWatch.Xrpl;

/// <summary>
/// Tells the three kinds of serialized amounts apart, by the first bits: XRP has 8 bytes, an issued currency 48 (amount, currency, issuer), a multi-purpose token 33 (sign,
/// amount, issuance).
/// </summary>
internal static class AmountReader
{
    public const int XrpLength = 8;
    public const int IssuedLength = 48;
    public const int TokenLength = 33;

    private const byte IssuedBit = 0x80;
    private const byte PositiveBit = 0x40;
    private const byte TokenBit = 0x20;

    public static int LengthOf(byte first) => (first & IssuedBit) != 0 ? IssuedLength : (first & TokenBit) != 0 ? TokenLength : XrpLength;

    /// <summary>Reads XRP, in drops.</summary>
    public static long ReadDrops(ReadOnlySpan<byte> amount)
    {
        ulong bits = BinaryPrimitives.ReadUInt64BigEndian(amount);
        long drops = (long)(bits & ((1UL << 61) - 1));
        return (amount[0] & PositiveBit) != 0 ? drops : -drops;
    }

    /// <summary>Reads a multi-purpose token's number.</summary>
    public static long ReadToken(ReadOnlySpan<byte> amount)
    {
        ulong number = BinaryPrimitives.ReadUInt64BigEndian(amount[1..]);
        if (number > long.MaxValue)
        {
            throw new LedgerFormatException("an amount of a multi-purpose token is out of range");
        }

        return (amount[0] & PositiveBit) != 0 ? (long)number : -(long)number;
    }

    /// <summary>The currency and issuer of an issued amount, 20 bytes each.</summary>
    public static ReadOnlySpan<byte> CurrencyAndIssuer(ReadOnlySpan<byte> amount) => amount.Slice(8, 40);

    /// <summary>The issuance of a multi-purpose token, 24 bytes.</summary>
    public static ReadOnlySpan<byte> Issuance(ReadOnlySpan<byte> amount) => amount.Slice(9, 24);
}
