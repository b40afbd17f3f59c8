using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChainWatch;

/// <summary>
/// What the payments of a range of blocks come to, whatever the order in which they were found: two stores that hold the same payments there have the same digest.
/// Retracted payments do not count.
/// </summary>
/// <remarks>It is the bitwise exclusive or of a SHA-256 of each payment, so digests of neighbouring ranges add up, and a payment can be taken out as it was put in.</remarks>
/// <param name="Payments">How many payments.</param>
/// <param name="Confirmed">How many of them are confirmed.</param>
/// <param name="Part0">The first 64 bits of the sum.</param>
/// <param name="Part1">The next 64 bits.</param>
/// <param name="Part2">The next 64 bits.</param>
/// <param name="Part3">The last 64 bits.</param>
public readonly record struct PaymentDigest(long Payments, long Confirmed, long Part0, long Part1, long Part2, long Part3)
{
    /// <summary>The digest of no payments.</summary>
    public static PaymentDigest Empty => default;

    /// <summary>The digest of one payment; <see cref="Empty"/> for a retracted one.</summary>
    /// <param name="payment">The payment.</param>
    /// <param name="format">How its chain writes hashes.</param>
    public static PaymentDigest Of(Payment payment, ChainFormat format)
    {
        ArgumentNullException.ThrowIfNull(payment);
        ArgumentNullException.ThrowIfNull(format);
        if (payment.Status == PaymentStatus.Retracted)
        {
            return Empty;
        }

        StringBuilder text = new();
        Append(text, payment.TransactionId);
        Append(text, payment.Id.Ordinal.ToString(CultureInfo.InvariantCulture));
        Append(text, payment.Address);
        Append(text, payment.Asset);
        Append(text, payment.Amount.ToString(CultureInfo.InvariantCulture));
        Append(text, payment.Tag);
        Append(text, payment.Block.Height.ToString(CultureInfo.InvariantCulture));
        Append(text, format.FormatHash(payment.Block.Hash));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()), hash);
        return new PaymentDigest(1, payment.Status == PaymentStatus.Confirmed ? 1 : 0, Read(hash, 0), Read(hash, 8), Read(hash, 16), Read(hash, 24));
    }

    /// <summary>The digest of both.</summary>
    public static PaymentDigest operator +(PaymentDigest left, PaymentDigest right) => Add(left, right);

    /// <summary>The digest of both.</summary>
    public static PaymentDigest Add(PaymentDigest left, PaymentDigest right) => new(
        left.Payments + right.Payments,
        left.Confirmed + right.Confirmed,
        left.Part0 ^ right.Part0,
        left.Part1 ^ right.Part1,
        left.Part2 ^ right.Part2,
        left.Part3 ^ right.Part3);

    /// <summary>The sum as 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Part0:x16}{Part1:x16}{Part2:x16}{Part3:x16}");

    private static long Read(ReadOnlySpan<byte> hash, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(hash[at..]);

    /// <summary>A field as text that no other field can imitate: its length in bytes, then itself.</summary>
    private static void Append(StringBuilder text, string? field) =>
        _ = field is null ? text.Append("-;") : text.Append(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(field)}:{field};");
}
