using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch;

/// <summary>
/// Where the parts of a JSON document end. Each method takes the place where a part begins, and returns the place behind it, or <see cref="Wrong"/> where there is none. They
/// are static, and take what they need by value, so that a <see cref="JsonScanner"/> can stay in the processor's registers while they are called.
/// </summary>
internal static class JsonGrammar
{
    public const int Wrong = -1;
    public const byte Quote = (byte)'"';
    public const byte Backslash = (byte)'\\';
    public const byte Space = (byte)' ';

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte At(ref byte json, int length, int at) => at < length ? Unsafe.Add(ref json, at) : (byte)0;

    /// <summary>The first byte that is no white space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipSpace(ref byte json, int length, int at) => at < length && Unsafe.Add(ref json, at) <= Space ? SkipSpaceThatIsThere(ref json, length, at) : at;

    /// <summary>The first byte that means something in a string, from here on: a quote, a backslash or a control character. The document's length where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FindSpecial(ref byte json, int length, int at)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            for (; at <= length - Vector512<byte>.Count; at += Vector512<byte>.Count)
            {
                Vector512<byte> bytes = Vector512.LoadUnsafe(ref json, (nuint)at);
                ulong special =
                    Vector512.Equals(bytes, Vector512.Create(Quote)).ExtractMostSignificantBits() |
                    Vector512.Equals(bytes, Vector512.Create(Backslash)).ExtractMostSignificantBits() |
                    Vector512.LessThan(bytes, Vector512.Create(Space)).ExtractMostSignificantBits();
                if (special != 0)
                {
                    return at + BitOperations.TrailingZeroCount(special);
                }
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            for (; at <= length - Vector256<byte>.Count; at += Vector256<byte>.Count)
            {
                Vector256<byte> bytes = Vector256.LoadUnsafe(ref json, (nuint)at);
                uint special = (Vector256.Equals(bytes, Vector256.Create(Quote)) | Vector256.Equals(bytes, Vector256.Create(Backslash)) | Vector256.LessThan(bytes, Vector256.Create(Space)))
                    .ExtractMostSignificantBits();
                if (special != 0)
                {
                    return at + BitOperations.TrailingZeroCount(special);
                }
            }
        }

        return FindSpecialNearTheEnd(ref json, length, at);
    }

    /// <summary>Behind the string whose first quote stands here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipText(ref byte json, int length, int at)
    {
        int end = FindSpecial(ref json, length, at + 1);
        return end < length && Unsafe.Add(ref json, end) == Quote ? end + 1 : SkipEscapes(ref json, length, end);
    }

    /// <summary>Behind the rest of a string, of which a byte that means something stands here.</summary>
    public static int SkipEscapes(ref byte json, int length, int at)
    {
        while (At(ref json, length, at) == Backslash)
        {
            byte escape = At(ref json, length, at + 1);
            if (escape == (byte)'u')
            {
                for (int digit = at + 2; digit < at + 6; digit++)
                {
                    if (!char.IsAsciiHexDigit((char)At(ref json, length, digit)))
                    {
                        return Wrong;
                    }
                }

                at += 6;
            }
            else if (escape is Quote or Backslash or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t')
            {
                at += 2;
            }
            else
            {
                return Wrong;
            }

            at = FindSpecial(ref json, length, at);
        }

        return At(ref json, length, at) == Quote ? at + 1 : Wrong;
    }

    /// <summary>The value behind the colon that follows here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipColon(ref byte json, int length, int at)
    {
        at = SkipSpace(ref json, length, at);
        return At(ref json, length, at) == (byte)':' ? SkipSpace(ref json, length, at + 1) : Wrong;
    }

    /// <summary>Behind the number or literal that stands here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SkipScalar(ref byte json, int length, int at)
    {
        if (at <= length - Vector128<byte>.Count)
        {
            // Most numbers are whole, and have fewer digits than this.
            uint digits = Vector128.LessThan(Vector128.LoadUnsafe(ref json, (nuint)at) - Vector128.Create((byte)'0'), Vector128.Create((byte)10)).ExtractMostSignificantBits();
            int count = BitOperations.TrailingZeroCount(~digits);
            if (count is > 0 and < 16 && (count == 1 || Unsafe.Add(ref json, at) != (byte)'0'))
            {
                byte next = Unsafe.Add(ref json, at + count);
                if (next != (byte)'.' && (next | 0x20) != (byte)'e')
                {
                    return at + count;
                }
            }
        }

        return SkipAnyScalar(ref json, length, at);
    }

    public static int SkipLiteral(ref byte json, int length, int at, ReadOnlySpan<byte> literal) =>
        length - at >= literal.Length && MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref json, at), literal.Length).SequenceEqual(literal) ? at + literal.Length : Wrong;

    private static int SkipSpaceThatIsThere(ref byte json, int length, int at)
    {
        // How far texts are indented changes all the time: a loop over bytes would guess its end wrongly.
        for (; at <= length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            Vector256<byte> bytes = Vector256.LoadUnsafe(ref json, (nuint)at);
            uint space = (Vector256.Equals(bytes, Vector256.Create(Space)) | Vector256.Equals(bytes, Vector256.Create((byte)'\n')) |
                Vector256.Equals(bytes, Vector256.Create((byte)'\r')) | Vector256.Equals(bytes, Vector256.Create((byte)'\t'))).ExtractMostSignificantBits();
            if (space != uint.MaxValue)
            {
                return at + BitOperations.TrailingZeroCount(~space);
            }
        }

        while (at < length && Unsafe.Add(ref json, at) is Space or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private static int FindSpecialNearTheEnd(ref byte json, int length, int at)
    {
        for (; at <= length - Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            Vector128<byte> bytes = Vector128.LoadUnsafe(ref json, (nuint)at);
            uint special = (Vector128.Equals(bytes, Vector128.Create(Quote)) | Vector128.Equals(bytes, Vector128.Create(Backslash)) | Vector128.LessThan(bytes, Vector128.Create(Space)))
                .ExtractMostSignificantBits();
            if (special != 0)
            {
                return at + BitOperations.TrailingZeroCount(special);
            }
        }

        while (at < length && Unsafe.Add(ref json, at) is not (Quote or Backslash or < Space))
        {
            at++;
        }

        return at;
    }

    private static int SkipAnyScalar(ref byte json, int length, int at) => At(ref json, length, at) switch
    {
        (byte)'t' => SkipLiteral(ref json, length, at, "true"u8),
        (byte)'f' => SkipLiteral(ref json, length, at, "false"u8),
        (byte)'n' => SkipLiteral(ref json, length, at, "null"u8),
        _ => SkipNumber(ref json, length, at),
    };

    private static int SkipNumber(ref byte json, int length, int at)
    {
        at += At(ref json, length, at) == (byte)'-' ? 1 : 0;
        at = At(ref json, length, at) == (byte)'0' ? at + 1 : SkipDigits(ref json, length, at);
        if (at != Wrong && At(ref json, length, at) == (byte)'.')
        {
            at = SkipDigits(ref json, length, at + 1);
        }

        if (at != Wrong && At(ref json, length, at) is (byte)'e' or (byte)'E')
        {
            at += At(ref json, length, at + 1) is (byte)'+' or (byte)'-' ? 2 : 1;
            at = SkipDigits(ref json, length, at);
        }

        return at;
    }

    private static int SkipDigits(ref byte json, int length, int at)
    {
        int from = at;
        while (At(ref json, length, at) is >= (byte)'0' and <= (byte)'9')
        {
            at++;
        }

        return at > from ? at : Wrong;
    }
}
