using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ChainWatch;

/// <summary>Reads hexadecimal digits of either case by vectors.</summary>
internal static class HexDigits
{
    /// <summary>Reads digits, twice as many as the destination has bytes; all of them must be there to be read.</summary>
    /// <returns>False where one is no digit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ref byte digits, Span<byte> destination)
    {
        if (Avx512BW.IsSupported && destination.Length == Vector256<byte>.Count)
        {
            Vector512<byte> text = Vector512.LoadUnsafe(ref digits);
            Vector512<byte> digit = text - Vector512.Create((byte)'0');
            Vector512<byte> letter = (text | Vector512.Create((byte)0x20)) - Vector512.Create((byte)'a');
            ulong valid = Vector512.LessThan(digit, Vector512.Create((byte)10)).ExtractMostSignificantBits() | Vector512.LessThan(letter, Vector512.Create((byte)6)).ExtractMostSignificantBits();
            // What is no letter is far greater as one than it is as a digit, and the other way round.
            Vector512<ushort> nibbles = Vector512.Min(digit, letter + Vector512.Create((byte)10)).AsUInt16();
            Avx512BW.ConvertToVector256Byte((nibbles << 4) | (nibbles >> 8)).StoreUnsafe(ref MemoryMarshal.GetReference(destination));
            return valid == ulong.MaxValue;
        }

        if (Vector256.IsHardwareAccelerated && destination.Length is > 16 and <= 32)
        {
            // The first sixteen bytes and the last sixteen; they overlap where there are fewer than thirty-two.
            Vector256<byte> lowText = Vector256.LoadUnsafe(ref digits);
            Vector256<byte> highText = Vector256.LoadUnsafe(ref digits, (nuint)((destination.Length * 2) - Vector256<byte>.Count));
            Vector256<byte> lowValid = Nibbles(lowText, out Vector256<byte> low);
            Vector256<byte> highValid = Nibbles(highText, out Vector256<byte> high);
            Vector256<byte> bytes = Vector256.Narrow(Pairs(low.AsUInt16()), Pairs(high.AsUInt16()));
            ref byte target = ref MemoryMarshal.GetReference(destination);
            // What is read next must have been written at once: of two writes that overlap, the processor cannot hand on what is in both.
            if (destination.Length == Vector256<byte>.Count)
            {
                bytes.StoreUnsafe(ref target);
                return (lowValid & highValid) == Vector256<byte>.AllBitsSet;
            }

            bytes.GetLower().StoreUnsafe(ref target);
            if (destination.Length == Vector128<byte>.Count + sizeof(uint))
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, Vector128<byte>.Count), bytes.AsUInt32()[7]);
                return (lowValid & highValid) == Vector256<byte>.AllBitsSet;
            }

            bytes.GetUpper().StoreUnsafe(ref target, (nuint)(destination.Length - Vector128<byte>.Count));
            return (lowValid & highValid) == Vector256<byte>.AllBitsSet;
        }

        return Convert.FromHexString(MemoryMarshal.CreateReadOnlySpan(ref digits, destination.Length * 2), destination, out _, out _) == OperationStatus.Done;
    }

    /// <summary>Reads a number of up to sixteen digits; sixteen bytes must be there to be read.</summary>
    /// <returns>How many of the sixteen bytes are digits, up to the first that is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadNumber(ref byte digits, out ulong value)
    {
        Vector128<byte> text = Vector128.LoadUnsafe(ref digits);
        Vector128<byte> digit = text - Vector128.Create((byte)'0');
        Vector128<byte> letter = (text | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a');
        Vector128<byte> isDigit = Vector128.LessThan(digit, Vector128.Create((byte)10));
        Vector128<byte> valid = isDigit | Vector128.LessThan(letter, Vector128.Create((byte)6));
        int count = BitOperations.TrailingZeroCount(~valid.ExtractMostSignificantBits() | (1u << Vector128<byte>.Count));
        // What is no digit must not spill into its neighbour.
        Vector128<ushort> nibbles = (Vector128.ConditionalSelect(isDigit, digit, letter + Vector128.Create((byte)10)) & Vector128.Create((byte)0x0F)).AsUInt16();
        Vector128<ushort> pairs = ((nibbles << 4) | (nibbles >> 8)) & Vector128.Create((ushort)0xFF);
        ulong all = BinaryPrimitives.ReverseEndianness(Vector128.Narrow(pairs, pairs).AsUInt64().ToScalar());
        // What stands behind the digits is shifted out.
        value = all >> ((64 - (4 * count)) & 63);
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Nibbles(Vector256<byte> text, out Vector256<byte> nibbles)
    {
        Vector256<byte> digit = text - Vector256.Create((byte)'0');
        Vector256<byte> letter = (text | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a');
        Vector256<byte> isDigit = Vector256.LessThan(digit, Vector256.Create((byte)10));
        nibbles = Vector256.ConditionalSelect(isDigit, digit, letter + Vector256.Create((byte)10));
        return isDigit | Vector256.LessThan(letter, Vector256.Create((byte)6));
    }

    /// <summary>Two nibbles each become a byte, in the lower half of a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Pairs(Vector256<ushort> nibbles) => ((nibbles << 4) | (nibbles >> 8)) & Vector256.Create((ushort)0xFF);
}
